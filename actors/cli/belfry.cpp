// The program `belfry`: reads the command line and runs the command.
#include "cli/command_line/help_format.hpp"
#include "cli/command_line/usage_error.hpp"
#include "cli/flags.hpp"
#include "cli/local_zone.hpp"
#include "cli/program.hpp"
#include "cli/security_flags.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include "base/standard_error_sink.hpp"
#include "belfry/version.hpp"
#include "os/process.hpp"
#include "time/time_text.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace belfry;
using namespace belfry::shell;

constexpr auto footer =
    R"(Durations: 250ms, 5s, 10min, 2h, 3d, 1h30min. Times: 2026-11-24T12:00:00Z, or
without an offset in the local zone (or --tz): '2026-11-24 12:00'.
With --json a listing prints one JSON object per line, other commands one object.

Exit status: 0 done; 1 refused, or an awaited task did not succeed; 2 usage error; 3 the node is
unavailable or overloaded; 4 not found; 5 timed out.

Examples:
  belfry node --data /tmp/belfry &
  belfry submit exec --in 5m -- gzip big.log
  belfry list --state scheduled
  belfry explain 0-8053046902785)";

/// Without a local zone only commands run that neither read nor print local times.
void check_zone(const CLI::App& app, const result<std::string>& local) {
  static const std::set<std::string> zoneless{
      "certs", "change", "completion", "drain",   "export", "health",  "man",    "node",  "nodes",
      "pause", "queue",  "queues",     "restore", "resume", "run-now", "shards", "store", "top"};
  if (!local && app.count("--tz") == 0 &&
      !zoneless.contains(app.get_subcommands().front()->get_name()))
    throw CLI::ValidationError(local.error().what);
}

/// `host:port,host:port`.
result<done> parse_node_addresses(const std::string& text, std::vector<node_address>& addresses) {
  std::istringstream rest{text};
  for (std::string part; std::getline(rest, part, ',');) {
    auto address = parse_node_address(part);
    if (!address)
      return address.error();
    addresses.push_back(std::move(*address));
  }
  return done{};
}

void add_common(CLI::App& app, program& belfry, std::string& zone) {
  app.add_option("--host", belfry.host, "Address of the node (default 127.0.0.1)")
      ->type_name("HOST");
  add_number(app, "--port", belfry.port, 1, 65'535, "Port of the node (default 4100)")
      ->type_name("PORT");
  app.add_option_function<std::string>(
         "--tz",
         [&zone](const std::string& text) {
           require(is_time_zone(text), "--tz",
                   "there is no zone '" + text + "'; expected one like Europe/Berlin");
           zone = text;
         },
         "Zone of times without an offset and of printed times (default: local)")
      ->type_name("ZONE");
  app.add_flag("--json", belfry.is_json, "Output JSON");
  app.add_flag("--wide", belfry.style.is_wide,
               "All columns of tables, not cut to fit a narrow terminal");
  add_choice(app, "--times", belfry.style.is_relative, {{"relative", true}, {"absolute", false}},
             "Times in tables: relative to now, or absolute (default: relative on a terminal)")
      ->type_name("FORM");
  app.set_version_flag("--version", "belfry " + version(), "Print the version and exit");
  add_duration(app, "--request-timeout", belfry.request_timeout,
               "How long to wait for the node to respond (default 10s)");
}

int print_error(const program& belfry, const failure& error) {
  std::cout.flush();
  if (belfry.is_json)
    std::cerr << one_line(to_json(error)) << '\n';
  else
    print_complaint(error.what);
  return static_cast<int>(belfry.is_local ? exit_code_of_local(error.code)
                                          : exit_code_of(error.code));
}

void print_notes(program& belfry) {
  if (const auto reason = belfry.take_unwritten_reason()) {
    std::cout.flush();
    print_complaint(*reason + "; a crash may undo a part of what is shown");
  }
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
    return app.exit(error);
  print_complaint(without_marks(usage_complaint(app, error)));
  std::cerr << "Run '" << command_words(app) << " --help' for more.\n";
  return static_cast<int>(exit_code::usage);
}

int run_program(int argc, char** argv) {
  program belfry;
  CLI::App app{"belfry runs tasks when they are due."};
  app.name("belfry");
  app.footer(footer);
  app.require_subcommand(1);
  app.fallthrough();
  format_help(app);
  if (const char* default_value = std::getenv("BELFRY_NODE"); default_value && *default_value)
    if (const auto read = parse_node_addresses(default_value, belfry.addresses); !read) {
      print_complaint("BELFRY_NODE: " + read.error().what);
      return static_cast<int>(exit_code::usage);
    }
  belfry.style = style_of_output();
  const auto local = local_zone(std::getenv("TZ"));
  belfry.zone = local.value_or(belfry.zone);
  add_common(app, belfry, belfry.zone);
  add_security(app, belfry.security);
  for (const auto add :
       {add_node,         add_submit,  add_tasks,     add_list,           add_task_commands,
        add_task_changes, add_queues,  add_schedules, add_status,         add_health,
        add_top,          add_cluster, add_store,     add_import_crontab, add_backup,
        add_restore,      add_export,  add_import,    add_certs,          add_self_description})
    add(app, belfry);
  group_commands(app);
  refuse_empty_values(app);
  keep_brackets(app);
  const std::vector<std::string> words{argv + 1, argv + argc};
  try {
    check_words(words);
    app.parse(words_for_parser(words));
    check_zone(app, local);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  const auto code = belfry.chosen();
  print_notes(belfry);
  if (!code)
    return print_error(belfry, code.error());
  return static_cast<int>(*code);
}

/// What a command prints is a part of what it does: scripts read ids from it. A reader that has
/// had enough, such as head, knows that it has not seen all.
int checked_output(int status) {
  if (std::cout.flush())
    return status;
  if (!has_output_lost_its_reader())
    print_complaint(
        "cannot write to the standard output; what the command has changed stays changed");
  return status == static_cast<int>(exit_code::ok) ? static_cast<int>(exit_code::refused) : status;
}

} // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  try {
    // The standard output carries answers, and the one line of a node that scripts wait for.
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("belfry", std::make_shared<standard_error_sink>()));
    return checked_output(run_program(argc, argv));
  } catch (const std::exception& error) {
    print_complaint(error.what());
    return static_cast<int>(exit_code::refused);
  }
}
