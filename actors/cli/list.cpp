// belfry list
#include "cli/flags.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/queue_notice.hpp"
#include "cli/text/table.hpp"
#include "cli/text/task_order.hpp"
#include "cli/text/text_format.hpp"

#include <CLI/Option.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>

namespace belfry::shell {

namespace {

constexpr std::size_t limit_default = 100;

struct list_options {
  task_filter filter;
  std::optional<task_order> order; ///< nothing: that of the node, by id
};

void print_tasks(const program& belfry, const std::vector<task_info>& tasks) {
  const std::size_t note_width = belfry.style.width.value_or(50); // The table cuts it further.
  table rows{{{"ID"},
              {.title = "KIND", .width_min = 8},
              {.title = "QUEUE", .width_min = 8},
              {.title = "PRIORITY", .is_number = true, .usual = "0"},
              {.title = "STATE", .is_state = true},
              {"DUE"},
              {"ATTEMPT", true},
              {.title = "NOTE", .width_min = 10}}};
  for (const auto& task : tasks)
    rows.add({to_string(task.id), one_line(task.kind, 30), one_line(task.queue, 30),
              std::to_string(task.priority), std::string{to_string(task.state)},
              format_time_cell(belfry, task.due),
              std::to_string(task.attempt) + "/" + std::to_string(task.attempts_max),
              one_line(task.progress.empty() ? task.last_error : task.progress, note_width)});
  rows.print(std::cout, belfry.style);
}

/// How many tasks match; nothing: nobody counts them.
std::optional<std::uint64_t> count_matching(const program& belfry, client& node,
                                            const task_filter& filter) {
  const bool is_counted =
      filter.kind.empty() && filter.schedule.empty() && !filter.due_from && !filter.due_to;
  const auto queues = is_counted ? node.queues().list(belfry.request_timeout)
                                 : result<std::vector<queue_info>>{failure{}};
  if (!queues)
    return std::nullopt;
  std::uint64_t count = 0;
  for (const auto& queue : *queues)
    for (const auto state : task_states)
      if ((filter.queue.empty() || filter.queue == queue.queue) &&
          (filter.states.empty() ||
           std::find(filter.states.begin(), filter.states.end(), state) != filter.states.end()))
        count += queue.counts[state];
  return count;
}

/// Says on the standard error that there are more tasks, and how to see them.
void print_rest(const program& belfry, client& node, const list_options& options,
                const std::vector<task_info>& shown) {
  const auto count = count_matching(belfry, node, options.filter);
  json document{{"notice", "more"}, {"shown", shown.size()}};
  if (count)
    document["matching"] = *count;
  if (!options.order)
    document["after"] = to_string(shown.back().id);
  if (belfry.is_json) {
    std::cerr << one_line(document) << '\n';
    return;
  }
  std::cerr << "Showing " << (count ? "" : "the first ") << format_number(shown.size());
  if (count)
    std::cerr << " of " << format_number(*count);
  if (options.order)
    std::cerr << ": --limit shows more of them\n";
  else
    std::cerr << ": --after " << to_string(shown.back().id)
              << " shows the next ones, --limit more of them\n";
}

/// The first tasks in the order of the options, and one more if there are more.
result<std::vector<task_info>> fetch(const program& belfry, client& node,
                                     const list_options& options) {
  auto filter = options.filter;
  if (options.order) // Only all of them can be sorted.
    filter.count_max = std::numeric_limits<std::size_t>::max();
  else
    ++filter.count_max;
  auto tasks = node.tasks().list(filter, belfry.request_timeout);
  if (!tasks || !options.order)
    return tasks;
  sort_tasks(*tasks, *options.order);
  if (tasks->size() > options.filter.count_max)
    tasks->erase(tasks->begin() + static_cast<std::ptrdiff_t>(options.filter.count_max) + 1,
                 tasks->end());
  return tasks;
}

result<exit_code> list(program& belfry, const list_options& options) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  auto tasks = fetch(belfry, **node, options);
  if (!tasks)
    return tasks.error();
  const bool has_more = tasks->size() > options.filter.count_max;
  if (has_more)
    tasks->pop_back();
  if (belfry.is_json)
    for (const auto& task : *tasks)
      std::cout << one_line(to_json(task)) << '\n';
  else if (tasks->empty())
    std::cout << "no tasks match\n";
  else
    print_tasks(belfry, *tasks);
  if (tasks->empty() && !options.filter.queue.empty())
    warn_of_unknown_queue(belfry, **node, options.filter.queue);
  if (has_more)
    print_rest(belfry, **node, options, *tasks);
  return exit_code::ok;
}

void add_order(CLI::App& command, list_options& options) {
  auto* sort = command.add_option_function<std::string>(
      "--sort",
      [&options](const std::string& text) {
        options.order = parse_task_order(text);
        require(options.order.has_value(), "--sort",
                "is '" + text + "', expected one of " + task_order_names());
      },
      "Order of the tasks: id, due, accepted, settled, priority or attempt; -due for the opposite "
      "one (default: id)");
  sort->type_name("KEY");
  command
      .add_option_function<std::string>(
          "--after",
          [&options](const std::string& text) {
            options.filter.after = parse_task_id(text);
            require(options.filter.after.value != 0, "--after",
                    "is '" + text + "', expected the id of a task, as in 3-8053046902785");
          },
          "Only tasks behind this one in the list, to go on where another list has ended")
      ->type_name("ID")
      ->excludes(sort);
}

} // namespace

void add_list(CLI::App& app, program& belfry) {
  auto options = std::make_shared<list_options>();
  auto& filter = options->filter;
  filter.count_max = limit_default;
  auto* command = app.add_subcommand("list", "List tasks");
  command->footer("Examples:\n  belfry list --state dead --queue mail\n"
                  "  belfry list --due-from 2026-12-24 --due-to 2026-12-25 --limit 1000 --json\n"
                  "  belfry list --state dead --sort -settled");
  add_states(*command, filter.states);
  add_filter(*command, filter, belfry.zone);
  add_order(*command, *options);
  add_number(*command, "--limit", filter.count_max, 1, 10'000'000,
             "Maximum number of tasks to show (default 100)")
      ->type_name("COUNT");
  command->callback([&belfry, options] {
    belfry.chosen = [&belfry, options] { return list(belfry, *options); };
  });
}

} // namespace belfry::shell
