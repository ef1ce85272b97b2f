// belfry list
#include "cli/flags.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/queue_notice.hpp"
#include "cli/text/table.hpp"
#include "cli/text/text_format.hpp"

#include <iostream>
#include <memory>

namespace belfry::shell {

namespace {

constexpr std::size_t limit_default = 100;

void print_tasks(const program& belfry, const std::vector<task_info>& tasks) {
  constexpr std::size_t note_width = 50;
  table rows{{{"ID"},
              {"KIND"},
              {"QUEUE"},
              {"PRIORITY", true},
              {"STATE"},
              {"DUE"},
              {"ATTEMPT", true},
              {"NOTE"}}};
  for (const auto& task : tasks)
    rows.add({to_string(task.id), one_line(task.kind, 30), one_line(task.queue, 30),
              std::to_string(task.priority), std::string{to_string(task.state)},
              format_time(belfry, task.due),
              std::to_string(task.attempt) + "/" + std::to_string(task.attempts_max),
              one_line(task.progress.empty() ? task.last_error : task.progress, note_width)});
  rows.print(std::cout);
}

result<exit_code> list(program& belfry, task_filter filter) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto limit = filter.count_max;
  ++filter.count_max; // One more shows whether there are more.
  auto tasks = (*node)->tasks().list(filter, belfry.request_timeout);
  if (!tasks)
    return tasks.error();
  const bool has_more = tasks->size() > limit;
  if (has_more)
    tasks->pop_back();
  if (belfry.is_json)
    for (const auto& task : *tasks)
      std::cout << one_line(to_json(task)) << '\n';
  else if (tasks->empty())
    std::cout << "no tasks match\n";
  else
    print_tasks(belfry, *tasks);
  if (tasks->empty() && !filter.queue.empty())
    warn_of_unknown_queue(belfry, **node, filter.queue);
  if (has_more)
    std::cerr << "Showing the first " << limit << "; use --limit for more\n";
  return exit_code::ok;
}

} // namespace

void add_list(CLI::App& app, program& belfry) {
  auto filter = std::make_shared<task_filter>();
  filter->count_max = limit_default;
  auto* command = app.add_subcommand("list", "List tasks");
  command->footer("Examples:\n  belfry list --state dead --queue mail\n"
                  "  belfry list --due-from 2026-12-24 --due-to 2026-12-25 --limit 1000 --json");
  add_states(*command, filter->states);
  add_filter(*command, *filter, belfry.zone);
  add_number(*command, "--limit", filter->count_max, 1, 10'000'000,
             "Maximum number of tasks to show (default 100)")
      ->type_name("COUNT");
  command->callback(
      [&belfry, filter] { belfry.chosen = [&belfry, filter] { return list(belfry, *filter); }; });
}

} // namespace belfry::shell
