// belfry import
#include "cli/backup/exported_key.hpp"
#include "cli/program.hpp"
#include "cli/submit_options.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/text_format.hpp"

#include "text/printable.hpp"
#include "wire/spec_json.hpp"
#include "wire/task_json.hpp"

#include <CLI/Option.hpp>

#include <cstddef>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

namespace belfry::shell {

namespace {

constexpr auto import_notes =
    R"(Reads what 'belfry export' prints, and lines of 'belfry submit --stream'. Tasks are submitted
under the keys of their lines: a repeated import accepts each once, for as long as its key lives.
Times stay what they are, and a line whose deadline is over is refused.

Examples:
  belfry import tasks.jsonl
  belfry import tasks.jsonl --replace
  jq -c 'select(.queue == "mail")' tasks.jsonl | belfry import -)";

/// When the tasks of a node that are not settled were accepted.
using open_tasks = std::map<task_id, instant>;

result<open_tasks> read_open_tasks(client& node, duration timeout) {
  task_filter filter;
  filter.states = {task_state::scheduled, task_state::ready, task_state::reserved,
                   task_state::running};
  open_tasks found;
  for (bool is_end = false; !is_end;) {
    const auto page = node.tasks().list(filter, timeout);
    if (!page)
      return page.error();
    for (const auto& task : *page)
      found.emplace_hint(found.end(), task.id, task.accepted_at);
    is_end = page->size() < filter.count_max;
    if (!page->empty())
      filter.after = page->back().id;
  }
  return found;
}

/// Puts the schedules of an import, and refuses tasks of an export that still wait on this node.
/// One thread uses it.
class line_taker {
public:
  line_taker(program& belfry, bool is_replacing, bool may_double)
      : belfry_(belfry), is_replacing_(is_replacing), may_double_(may_double) {}

  /// Nothing if the line is a task to submit.
  std::optional<result<done>> take(const std::string& text, std::size_t line) {
    const auto schedule = wire::parse_schedule_json(text);
    if (!schedule)
      return schedule.error();
    if (*schedule)
      return put(**schedule, line);
    if (may_double_)
      return std::nullopt;
    const auto checked = check_doubles(text);
    return checked ? std::nullopt : std::optional<result<done>>{checked};
  }

  /// Nothing if there were no schedules.
  void print_counts(std::ostream& out) const {
    if (added_ + replaced_ + unchanged_ == 0)
      return;
    out << format_count(added_, "schedule") << " added, ";
    if (replaced_ > 0)
      out << replaced_ << " replaced, ";
    out << unchanged_ << " unchanged\n";
  }

private:
  /// Without what a schedule's task does not need, and lines do not have.
  static schedule_spec comparable(schedule_spec spec) {
    spec.task.due.reset();
    spec.task.delay = duration{0};
    return spec;
  }

  result<done> put(const schedule_spec& spec, std::size_t line) {
    if (const auto read = read_present(); !read)
      return read.error();
    const auto known = present_->find(spec.name);
    const bool is_known = known != present_->end();
    const bool is_unchanged = is_known && known->second == spec;
    if (is_known && !is_unchanged && !is_replacing_)
      return failure{errc::invalid_argument, "there is a schedule '" + printable(spec.name) +
                                                 "' that differs; --replace replaces it"};
    if (!is_unchanged)
      if (const auto answer = node_->schedules().put(spec, belfry_.request_timeout); !answer)
        return answer.error();
    (*present_)[spec.name] = spec;
    if (is_unchanged)
      ++unchanged_;
    else
      ++(is_known ? replaced_ : added_);
    if (belfry_.is_json)
      std::cout << one_line(json{
                       {"schedule", spec.name}, {"is_unchanged", is_unchanged}, {"line", line}})
                << '\n';
    return done{};
  }

  result<done> read_present() {
    if (present_)
      return done{};
    if (const auto connected = connect(); !connected)
      return connected.error();
    const auto schedules = node_->schedules().list(belfry_.request_timeout);
    if (!schedules)
      return schedules.error();
    present_.emplace();
    for (const auto& schedule : *schedules)
      present_->emplace(schedule.spec.name, comparable(schedule.spec));
    return done{};
  }

  /// Without this check, an import of this node's own export would submit its open tasks twice.
  result<done> check_doubles(const std::string& text) {
    const auto spec = wire::parse_task_json(text, {}, "UTC");
    const auto origin = spec ? parse_exported_key(spec->key) : std::nullopt;
    if (!origin)
      return done{};
    if (!open_)
      open_ = read_open();
    if (!*open_)
      return open_->error();
    const auto found = (*open_)->find(origin->id);
    if (found == (*open_)->end() || found->second != origin->accepted_at)
      return done{};
    return failure{errc::invalid_argument,
                   "task " + to_string(origin->id) +
                       ", which was exported, still waits on this node: the import would double "
                       "it; --allow-doubles does so"};
  }

  result<open_tasks> read_open() {
    if (const auto connected = connect(); !connected)
      return connected.error();
    return read_open_tasks(*node_, belfry_.request_timeout);
  }

  result<done> connect() {
    auto node = belfry_.node();
    if (!node)
      return node.error();
    node_ = *node;
    return done{};
  }

  program& belfry_;
  client* node_ = nullptr;
  const bool is_replacing_;
  const bool may_double_;
  std::optional<result<open_tasks>> open_; // As the first task found them that has no own key.
  std::optional<std::map<std::string, schedule_spec>> present_;
  std::size_t added_ = 0;
  std::size_t replaced_ = 0;
  std::size_t unchanged_ = 0;
};

struct line_import {
  std::string file;
  bool is_replacing = false;
  bool may_double = false;
};

result<exit_code> import_lines(program& belfry, const line_import& options) {
  line_taker taker{belfry, options.is_replacing, options.may_double};
  submit_options stream;
  stream.is_stream = true;
  stream.file = options.file;
  stream.take_line = [&taker](const std::string& text, std::size_t line) {
    return taker.take(text, line);
  };
  const auto code = submit_stream(belfry, stream);
  taker.print_counts(belfry.is_json ? std::cerr : std::cout);
  return code;
}

} // namespace

void add_import(CLI::App& app, program& belfry) {
  auto options = std::make_shared<line_import>();
  auto* command =
      app.add_subcommand("import", "Submit the tasks and put the schedules of an export");
  command->footer(import_notes);
  command->add_option("FILE", options->file, "The export, or - for standard input")
      ->required()
      ->type_name("");
  command->add_flag("--replace", options->is_replacing,
                    "Replace schedules of the same name that differ; without it their lines are "
                    "refused");
  command->add_flag("--allow-doubles", options->may_double,
                    "Import tasks without keys of their own also where they still wait");
  command->callback([&belfry, options] {
    belfry.chosen = [&belfry, options] { return import_lines(belfry, *options); };
  });
}

} // namespace belfry::shell
