// belfry import-crontab
#include "cli/crontab_schedules.hpp"
#include "cli/submit_options.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/schedule_notes.hpp"
#include "cli/text/table.hpp"
#include "cli/text/text_format.hpp"

#include "os/input_file.hpp"
#include "os/system_clock.hpp"
#include "time/time_text.hpp"

#include <CLI/Option.hpp>

#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

namespace belfry::shell {

namespace {

constexpr auto examples =
    R"(Each line becomes a schedule of the kind exec. A schedule is named after its owner (the file,
the user of the standard input, or --owner) and the content of its line: importing the file again
changes nothing unless --tz or --queue differ, and an edited line makes a new schedule; --prune and
--owner remove the one it replaced. No import touches the schedules of another owner. Lines without
CRON_TZ are in the local zone, or in --tz.
Commands run with cron's environment and in the user's home directory, as far as the file does not
set SHELL, PATH and HOME. MAILTO has no effect: a run's output is kept with its task.

Examples:
  crontab -l | belfry import-crontab - --dry-run
  belfry import-crontab jobs.cron --prune
  belfry import-crontab jobs.cron --owner billing      (from any path and machine)
  belfry import-crontab /etc/crontab                   (with the user column)
  belfry import-crontab /var/spool/cron/crontabs/anna --user anna)";

constexpr std::size_t times_shown = 3;

struct import_options {
  std::string file;
  std::string owner;
  std::string name; ///< as owner, but removes nothing by itself
  crontab_import crontab;
  bool is_system = false;
  bool is_dry = false;
  bool is_prune = false;
  bool is_skipping_bad = false;
};

std::string user_name() {
  const auto* entry = getpwuid(geteuid());
  return entry ? entry->pw_name : "";
}

/// Whose schedules an import makes: the owner that is named, or else the file, or of the standard
/// input its user.
std::string owner_of(const import_options& options) {
  if (!options.owner.empty())
    return options.owner;
  if (!options.name.empty())
    return options.name;
  if (options.file == "-")
    return "stdin of " + (options.crontab.run_as.empty() ? user_name() : options.crontab.run_as);
  return std::filesystem::absolute(options.file).lexically_normal();
}

/// Under which prefix an earlier version made the schedules of the same import; empty: the same.
std::string former_prefix_of(const import_options& options) {
  const bool is_unnamed_input =
      options.file == "-" && options.owner.empty() && options.name.empty();
  return is_unnamed_input ? crontab_prefix("stdin") : former_crontab_prefix(owner_of(options));
}

/// Whether `file` has a user column by where it is.
bool is_system_crontab(const std::string& file) {
  const auto path = std::filesystem::absolute(file).lexically_normal();
  return path == "/etc/crontab" || path.parent_path() == "/etc/cron.d";
}

/// The home directory of `user`; empty: this machine does not know the user.
std::string home_of(const std::string& user) {
  const auto* entry = getpwnam(user.c_str());
  return entry ? entry->pw_dir : "";
}

struct import_plan {
  scheduled_crontab crontab;
  crontab_changes changes; ///< of the node
};

void print_problem(const program& belfry, const crontab_problem& problem) {
  if (!belfry.is_json)
    return print_complaint("line " + std::to_string(problem.line_number) + ": " + problem.what);
  auto document = to_json(failure{errc::invalid_argument, problem.what});
  document["line"] = problem.line_number;
  std::cerr << one_line(document) << '\n';
}

/// Fails if the crontab has lines that cannot be used, unless these are to be skipped. Tells all of
/// them; the only one is told by the failure.
result<done> check_problems(const program& belfry, const import_options& options,
                            const std::vector<crontab_problem>& problems) {
  if (problems.size() > 1 || options.is_skipping_bad)
    for (const auto& problem : problems)
      print_problem(belfry, problem);
  if (problems.empty() || options.is_skipping_bad)
    return done{};
  const auto& first = problems.front();
  return failure{errc::invalid_argument,
                 options.file + ": " +
                     (problems.size() == 1
                          ? "line " + std::to_string(first.line_number) + ": " + first.what
                          : std::to_string(problems.size()) + " lines cannot be imported") +
                     "; nothing is changed (--skip-bad imports the other lines)"};
}

/// Reads the file. Every line is checked before anything is changed.
result<import_plan> read_plan(const program& belfry, const import_options& options) {
  const auto text = read_file(options.file);
  if (!text)
    return text.error();
  if (options.file == "-" && options.is_prune && text->empty())
    return failure{errc::invalid_argument,
                   "the standard input is empty, and the import would remove all schedules of "
                   "earlier ones; if they are to be removed, put a line with '#' there"};
  import_plan plan;
  plan.crontab = schedules_of(read_crontab(*text, options.is_system), options.crontab);
  if (const auto checked = check_problems(belfry, options, plan.crontab.problems); !checked)
    return checked.error();
  return plan;
}

void print_plan(const import_plan& plan, instant now, const output_style& style) {
  table rows{{{"LINE", true},
              {.title = "CRON", .width_min = 12},
              {.title = "ZONE", .usual = "UTC", .width_min = 8},
              {.title = "NEXT", .width_min = 19},
              {.title = "COMMAND", .width_min = 12}}};
  for (std::size_t i = 0; i < plan.crontab.entries.size(); ++i) {
    const auto& spec = plan.crontab.schedules[i];
    rows.add({std::to_string(plan.crontab.entries[i].line_number), one_line(spec.when.line, 30),
              spec.when.zone,
              due_text(spec.when, next_times(spec, now, times_shown), spec.when.zone),
              one_line(plan.crontab.entries[i].command, 60)});
  }
  if (!rows.is_empty())
    rows.print(std::cout, style);
}

void print_plan_json(const import_plan& plan, instant now) {
  for (std::size_t i = 0; i < plan.crontab.entries.size(); ++i) {
    const auto& spec = plan.crontab.schedules[i];
    json line{{"line", plan.crontab.entries[i].line_number},
              {"schedule", spec.name},
              {"cron", spec.when.line},
              {"zone", spec.when.zone},
              {"command", plan.crontab.entries[i].command},
              {"next", json::array()}};
    for (const auto at : next_times(spec, now, times_shown))
      line["next"].push_back(format_utc(at));
    std::cout << one_line(line) << '\n';
  }
}

void print_notes(const program& belfry, const import_plan& plan, std::size_t index) {
  for (const auto& note : plan.crontab.notes[index])
    print_note(belfry, plan.crontab.entries[index].line_number, note);
}

/// Whether schedules that are not in the file any more are removed. One of them may be that of a
/// line that was skipped.
bool is_removing(const import_plan& plan, const import_options& options) {
  return options.is_prune && plan.crontab.problems.empty();
}

result<done> carry_out(const import_plan& plan, client& node, const import_options& options,
                       duration request_timeout) {
  for (const auto i : plan.changes.puts)
    if (const auto put = node.schedules().put(plan.crontab.schedules[i], request_timeout); !put)
      return failure{put.error().code,
                     "line " + std::to_string(plan.crontab.entries[i].line_number) + ": " +
                         put.error().what + "; the lines above are imported"};
  auto removals = plan.changes.replaced;
  if (is_removing(plan, options))
    removals.insert(removals.end(), plan.changes.gone.begin(), plan.changes.gone.end());
  for (const auto& name : removals)
    if (const auto removed = node.schedules().remove(name, request_timeout);
        !removed && removed.error().code != errc::not_found)
      return removed.error();
  return done{};
}

void print_counts(std::ostream& out, const import_plan& plan, const import_options& options) {
  const auto& changes = plan.changes;
  out << format_count(changes.puts.size() - changes.updates, "schedule") << " added, ";
  if (changes.updates > 0)
    out << changes.updates << " updated, ";
  out << plan.crontab.schedules.size() - changes.puts.size() << " unchanged, ";
  if (is_removing(plan, options) || changes.gone.empty())
    out << changes.gone.size() << " removed";
  else
    out << changes.gone.size() << " no longer in the file ("
        << (options.is_prune ? "not removed, as lines were skipped" : "--prune removes them")
        << ")";
  if (const auto skipped = plan.crontab.problems.size(); skipped > 0)
    out << ", " << format_count(skipped, "line") << " skipped";
  out << '\n';
}

result<exit_code> import_crontab(program& belfry, const import_options& options) {
  auto plan = read_plan(belfry, options);
  if (!plan)
    return plan.error();
  const auto print = [&] {
    if (belfry.is_json)
      print_plan_json(*plan, options.crontab.now);
    else
      print_plan(*plan, options.crontab.now, belfry.style);
  };
  if (options.is_dry) {
    for (std::size_t i = 0; i < plan->crontab.entries.size(); ++i)
      print_notes(belfry, *plan, i);
    print();
    std::cerr << "dry run: nothing is changed\n";
    return exit_code::ok;
  }
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto present = (*node)->schedules().list(belfry.request_timeout);
  if (!present)
    return present.error();
  plan->changes =
      changes_of(plan->crontab, options.crontab.prefix, former_prefix_of(options), *present);
  if (const auto carried = carry_out(*plan, **node, options, belfry.request_timeout); !carried)
    return carried.error();
  for (const auto i : plan->changes.puts)
    print_notes(belfry, *plan, i);
  print(); // What the node has now.
  print_counts(belfry.is_json ? std::cerr : std::cout, *plan, options);
  return exit_code::ok;
}

void add_user_options(CLI::App& command, import_options& options) {
  auto* system = command.add_flag(
      "--system", options.is_system,
      "The file has a user column, as /etc/crontab and the files in /etc/cron.d, which need no "
      "--system; lines of other users run through runuser, which needs a worker that runs as root");
  command
      .add_option("--user", options.crontab.run_as,
                  "The file is the crontab of this user, whose lines run through runuser")
      ->type_name("NAME")
      ->excludes(system);
  command
      .add_option("--worker-user", options.crontab.user,
                  "User that the worker runs as, whose lines need no runuser (default: you)")
      ->type_name("NAME");
}

void add_owner_options(CLI::App& command, import_options& options) {
  auto* owner =
      command
          .add_option("--owner", options.owner,
                      "Whose schedules these are, instead of the file's; removes those of this "
                      "owner whose lines are no longer in the file, as --prune")
          ->type_name("NAME");
  command.add_option("--name", options.name, "As --owner, but removes nothing without --prune")
      ->type_name("NAME")
      ->excludes(owner);
}

} // namespace

void add_import_crontab(CLI::App& app, program& belfry) {
  auto options = std::make_shared<import_options>();
  auto* command =
      app.add_subcommand("import-crontab", "Create a schedule from each line of a crontab");
  command->footer(examples);
  command->add_option("FILE", options->file, "The crontab, or - for standard input")
      ->required()
      ->type_name("");
  command->add_flag("--dry-run", options->is_dry, "Show the schedules without creating them");
  command->add_flag("--prune", options->is_prune,
                    "Remove schedules of earlier imports whose lines are no longer in the file");
  command->add_flag("--skip-bad", options->is_skipping_bad,
                    "Import the other lines if some cannot be imported; --prune then removes "
                    "nothing, as an edited line may be among the bad ones");
  add_user_options(*command, *options);
  add_owner_options(*command, *options);
  command->add_option("--queue", options->crontab.queue, "Queue of the tasks (default: default)")
      ->type_name("NAME");
  command->callback([&belfry, options] {
    options->crontab.zone = belfry.zone;
    options->is_system =
        options->is_system || (options->crontab.run_as.empty() && is_system_crontab(options->file));
    if (options->crontab.user.empty())
      options->crontab.user = user_name();
    options->crontab.home_of = home_of;
    options->crontab.now = system_clock{}.now();
    options->crontab.prefix = crontab_prefix(owner_of(*options));
    options->is_prune = options->is_prune || !options->owner.empty();
    belfry.chosen = [&belfry, options] { return import_crontab(belfry, *options); };
  });
}

} // namespace belfry::shell
