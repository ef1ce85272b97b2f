// belfry export
#include "cli/backup/exported_key.hpp"
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/notice.hpp"
#include "cli/text/text_format.hpp"

#include "os/system_clock.hpp"
#include "text/printable.hpp"
#include "wire/spec_json.hpp"

#include <CLI/Option.hpp>

#include <cstddef>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace belfry::shell {

namespace {

constexpr auto export_notes =
    R"(Each line is a JSON object: a task as 'belfry submit --stream' reads it, or a schedule under
the name "schedule". 'belfry import' reads both. A task without a key gets one, so that a repeated
import accepts it once. Attempts made so far, saved progress and results are not exported: a task
that runs now, or has failed before, starts from its beginning where it is imported.

Examples:
  belfry export > tasks.jsonl
  belfry export --queue mail | belfry --host other.example.org import -)";

/// The payloads of a page are in memory at once.
constexpr std::size_t export_page_size = 200;

struct export_counts {
  std::size_t tasks = 0;
  std::size_t schedules = 0;
  std::size_t left_out = 0;
};

void print_exported(const result<std::string>& line, const std::string& name, std::size_t& count,
                    export_counts& counts) {
  if (!line) {
    ++counts.left_out;
    return print_complaint(name + " is not exported: " + line.error().what);
  }
  ++count;
  std::cout << *line << '\n';
}

bool is_exported(const schedule_spec& schedule, const task_filter& filter) {
  return (filter.queue.empty() || filter.queue == schedule.task.queue) &&
         (filter.kind.empty() || filter.kind == schedule.task.kind);
}

result<done> export_schedules(const program& belfry, client& node, const task_filter& filter,
                              export_counts& counts) {
  const auto schedules = node.schedules().list(belfry.request_timeout);
  if (!schedules)
    return schedules.error();
  for (const auto& schedule : *schedules)
    if (is_exported(schedule.spec, filter))
      print_exported(wire::write_schedule_json(schedule.spec),
                     "schedule '" + printable(schedule.spec.name) + "'", counts.schedules, counts);
  return done{};
}

void export_task(task_with_spec task, instant now, export_counts& counts) {
  auto& spec = task.spec;
  if (spec.key.empty()) {
    spec.key = exported_key({task.info.id, task.info.accepted_at});
    spec.key_ttl = exported_key_ttl(task.info.due, now);
  }
  print_exported(wire::write_task_json(spec), "task " + to_string(task.info.id), counts.tasks,
                 counts);
}

/// Ends early if the output cannot be written.
result<done> export_tasks(const program& belfry, client& node, task_filter filter,
                          export_counts& counts) {
  const auto now = system_clock{}.now();
  filter.count_max = export_page_size;
  for (bool is_end = false; !is_end && std::cout;) {
    auto page = node.tasks().list_with_specs(filter, belfry.request_timeout);
    if (!page)
      return failure{page.error().code,
                     "after " + format_count(counts.tasks, "task") + ": " + page.error().what};
    is_end = page->size() < export_page_size;
    if (!page->empty())
      filter.after = page->back().info.id;
    for (auto& task : *page)
      export_task(std::move(task), now, counts);
  }
  return done{};
}

result<exit_code> export_all(program& belfry, const task_filter& filter) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  export_counts counts;
  if (const auto schedules = export_schedules(belfry, **node, filter, counts); !schedules)
    return schedules.error();
  if (const auto tasks = export_tasks(belfry, **node, filter, counts); !tasks)
    return tasks.error();
  if (!std::cout.flush())
    return exit_code::refused; // The program says why.
  print_notice(belfry,
               json{{"notice", "exported"},
                    {"tasks", counts.tasks},
                    {"schedules", counts.schedules},
                    {"left_out", counts.left_out}},
               format_count(counts.tasks, "task") + " and " +
                   format_count(counts.schedules, "schedule") + " exported");
  return counts.left_out > 0 ? exit_code::refused : exit_code::ok;
}

} // namespace

void add_export(CLI::App& app, program& belfry) {
  auto filter = std::make_shared<task_filter>();
  auto* command = app.add_subcommand(
      "export", "Print all tasks that are not settled, and all schedules, as lines of JSON");
  command->footer(export_notes);
  command->add_option("--queue", filter->queue, "Only of this queue")->type_name("NAME");
  command->add_option("--kind", filter->kind, "Only of this kind")->type_name("KIND");
  command->callback([&belfry, filter] {
    belfry.chosen = [&belfry, filter] { return export_all(belfry, *filter); };
  });
}

} // namespace belfry::shell
