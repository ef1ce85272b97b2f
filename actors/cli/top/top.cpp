// belfry top
#include "cli/flags.hpp"
#include "cli/program.hpp"
#include "cli/text/text_format.hpp"
#include "cli/top/overview.hpp"

#include "os/stop_signals.hpp"
#include "os/system_clock.hpp"
#include "os/terminal.hpp"
#include "os/terminal_keys.hpp"

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

namespace belfry::shell {

namespace {

/// Of each queue so many ready tasks are looked at for the oldest of them, and of so many queues.
constexpr std::size_t tasks_looked_at_max = 500;
constexpr std::size_t queues_looked_at_max = 20;

struct top_options {
  bool is_once = false;
  duration interval{1'000};
};

/// The oldest ready task of the queue, and why it is not running. What a node does not answer in
/// time is left out: the next frame tries again.
void look_for_oldest(const program& belfry, client& node, instant now, queue_overview& queue) {
  const task_filter filter{
      .states = {task_state::ready}, .queue = queue.info.queue, .count_max = tasks_looked_at_max};
  const auto tasks = node.tasks().list(filter, belfry.request_timeout);
  if (!tasks || tasks->empty())
    return;
  const auto* oldest = &tasks->front();
  for (const auto& task : *tasks)
    if (task.due < oldest->due)
      oldest = &task;
  queue.oldest_ready = std::max(now - oldest->due, duration{0});
  queue.is_oldest_known = tasks->size() < tasks_looked_at_max;
  if (const auto explained = node.tasks().explain(oldest->id, belfry.request_timeout);
      explained && !is_settled(explained->task.state))
    queue.why = explained->text;
}

result<overview> look(const program& belfry, client& node) {
  auto status = node.cluster().status(belfry.request_timeout);
  if (!status)
    return status.error();
  const auto queues = node.queues().list(belfry.request_timeout);
  if (!queues)
    return queues.error();
  overview seen{.at = system_clock{}.now(), .status = std::move(*status), .queues = {}};
  std::size_t looked_at = 0;
  for (const auto& info : *queues) {
    seen.queues.push_back({.info = info, .oldest_ready = {}, .is_oldest_known = true, .why = {}});
    if (info.counts[task_state::ready] > 0 && looked_at++ < queues_looked_at_max)
      look_for_oldest(belfry, node, seen.at, seen.queues.back());
  }
  return seen;
}

/// The second screen of the terminal, without a cursor, as long as it exists.
class second_screen {
public:
  second_screen() { std::cout << "\033[?1049h\033[?25l"; }
  ~second_screen() { std::cout << "\033[?25h\033[?1049l" << std::flush; }
  second_screen(const second_screen&) = delete;
  second_screen& operator=(const second_screen&) = delete;
};

bool is_end(char key) {
  return key == 'q' || key == 'Q' || key == terminal_keys::interrupt ||
         key == terminal_keys::end_of_input;
}

/// Draws until a key or a signal ends it, or the output fails. A signal does not end the process at
/// once, which would leave the terminal without an echo.
result<exit_code> show_live(program& belfry, client& node, const top_options& options) {
  terminal_keys keys;
  const stop_signals signals{[&keys] { keys.end(); }};
  const second_screen screen;
  std::optional<overview> before;
  while (std::cout) {
    const auto terminal = output_terminal().value_or(terminal_size{});
    belfry.style.width = terminal.columns;
    auto now = look(belfry, node);
    const auto text = now ? format_overview(*now, before ? &*before : nullptr, belfry.style)
                          : "the node does not answer: " + now.error().what + "\n";
    std::cout << frame_of(text + "\nq ends\n", terminal.rows) << std::flush;
    if (now)
      before = std::move(*now);
    if (const auto key = keys.next(options.interval); key && is_end(*key))
      break;
  }
  return exit_code::ok;
}

result<exit_code> show_once(const program& belfry, client& node) {
  const auto now = look(belfry, node);
  if (!now)
    return now.error();
  std::cout << format_overview(*now, nullptr, belfry.style);
  return exit_code::ok;
}

} // namespace

void add_top(CLI::App& app, program& belfry) {
  auto options = std::make_shared<top_options>();
  auto* command = app.add_subcommand("top", "Watch queues and workers in the terminal");
  command->footer("GROWTH/S is how many more tasks of the queue wait or run, per second. The "
                  "oldest ready task is looked for among the first 500 of a queue; '≥' says that "
                  "there may be an older one.\n\nExamples:\n  belfry top\n  belfry top --once");
  command->add_flag("--once", options->is_once, "Print the overview once, and end");
  add_duration(*command, "--interval", options->interval,
               "Time between two refreshes (default 1s)");
  command->callback([&belfry, options] {
    require(!belfry.is_json, "--json", "is not for top; expected status, queues or list");
    require(options->is_once || output_terminal(), "top", "needs a terminal to draw on, or --once");
    require(options->interval >= duration{100} && options->interval <= duration{3'600'000},
            "--interval", "is out of range, expected 100ms to 1h");
    belfry.chosen = [&belfry, options]() -> result<exit_code> {
      const auto node = belfry.node();
      if (!node)
        return node.error();
      return options->is_once ? show_once(belfry, **node) : show_live(belfry, **node, *options);
    };
  });
}

} // namespace belfry::shell
