#include "cli/top/overview.hpp"

#include "cli/text/table.hpp"
#include "cli/text/text_format.hpp"
#include "cli/text/worker_table.hpp"

#include "time/time_text.hpp"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <sstream>

namespace belfry::shell {

namespace {

constexpr std::size_t line_width_default = 300;

void print_node_lines(std::ostream& out, const overview& now, std::size_t width) {
  const auto& status = now.status;
  out << one_line(format_node(status), width) << '\n'
      << one_line("storage: " + status.storage_trouble.value_or("takes everything"), width) << '\n';
  task_counts all;
  for (const auto& queue : now.queues)
    all += queue.info.counts;
  std::string counts;
  for (const auto state : {task_state::scheduled, task_state::ready, task_state::reserved,
                           task_state::running, task_state::dead})
    counts += (counts.empty() ? "tasks: " : ", ") + format_number(all[state]) + " " +
              std::string{to_string(state)};
  out << one_line(counts, width) << "\n\n";
}

/// How many more tasks are open than before, per second.
std::string growth_of(const queue_overview& queue, const overview& now, const overview* before) {
  if (!before)
    return "-";
  const auto same =
      std::find_if(before->queues.begin(), before->queues.end(),
                   [&](const auto& earlier) { return earlier.info.queue == queue.info.queue; });
  const auto open = [](const queue_info& info) {
    return static_cast<std::int64_t>(info.counts.open());
  };
  const auto growth = open(queue.info) - (same == before->queues.end() ? 0 : open(same->info));
  const auto spent_ms = std::max<std::int64_t>((now.at - before->at).count(), 1);
  const auto rate = growth * 1000 / spent_ms;
  return (rate > 0 ? "+" : "") + std::to_string(rate);
}

std::string oldest_of(const queue_overview& queue) {
  if (!queue.oldest_ready)
    return "-";
  return (queue.is_oldest_known ? "" : "≥ ") + format_duration(*queue.oldest_ready);
}

void print_queue_rows(std::ostream& out, const overview& now, const overview* before,
                      const output_style& style) {
  if (now.queues.empty()) {
    out << "no queues yet: the first task of a queue creates it\n";
    return;
  }
  table rows{{{.title = "QUEUE", .width_min = 8},
              {.title = "STATE", .is_state = true},
              {.title = "SCHEDULED", .is_number = true, .usual = "0"},
              {"READY", true},
              {.title = "RESERVED", .is_number = true, .usual = "0"},
              {"RUNNING", true},
              {"DEAD", true},
              {"OLDEST READY", true},
              {"GROWTH/S", true},
              {.title = "WHY THE OLDEST WAITS", .width_min = 20}}};
  for (const auto& queue : now.queues) {
    const auto count = [&](task_state state) { return format_number(queue.info.counts[state]); };
    rows.add({one_line(queue.info.queue, 40), queue.info.is_paused ? "paused" : "active",
              count(task_state::scheduled), count(task_state::ready), count(task_state::reserved),
              count(task_state::running), count(task_state::dead), oldest_of(queue),
              growth_of(queue, now, before), one_line(queue.why, 200)});
  }
  rows.print(out, style);
}

} // namespace

std::string format_overview(const overview& now, const overview* before,
                            const output_style& style) {
  std::ostringstream out;
  print_node_lines(out, now, style.width.value_or(line_width_default));
  print_queue_rows(out, now, before, style);
  out << '\n';
  if (now.status.workers.empty())
    out << "no workers are attached to the node\n";
  else
    print_workers(out, now.status.workers, style);
  return out.str();
}

std::string frame_of(const std::string& text, std::size_t rows) {
  constexpr auto erase_to_line_end = "\033[K";
  constexpr auto erase_below = "\033[J";
  constexpr auto go_home = "\033[H";
  std::string frame = go_home;
  std::istringstream lines{text};
  std::string line;
  for (std::size_t row = 1; row < rows && std::getline(lines, line); ++row)
    frame += line + erase_to_line_end + "\r\n";
  return frame + erase_below;
}

} // namespace belfry::shell
