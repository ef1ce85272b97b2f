// belfry health
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/table.hpp"

#include "telemetry/health_json.hpp"
#include "text/printable.hpp"
#include "time/time_text.hpp"

#include <iostream>
#include <string>

namespace belfry::shell {

namespace {

constexpr std::size_t text_columns_max = 400;

void print_health(const health_report& health, const output_style& style) {
  std::cout << "node " << printable(health.node)
            << (health.is_ok ? " is healthy\n" : " is not healthy\n");
  for (const auto& problem : health.problems)
    std::cout << printable(problem.name) << ": " << one_line(problem.text, text_columns_max)
              << '\n';
  if (health.queues.empty())
    return;
  table rows{{{.title = "QUEUE", .width_min = 8},
              {"VERDICT"},
              {"READY", true},
              {"OLDEST", true},
              {"RUNNING", true},
              {"DEAD", true}}};
  for (const auto& queue : health.queues)
    rows.add({one_line(queue.queue, 40), std::string{to_string(queue.verdict)},
              std::to_string(queue.ready),
              queue.ready == 0 ? "-" : format_duration(queue.oldest_ready_age),
              std::to_string(queue.running), std::to_string(queue.dead)});
  rows.print(std::cout, style);
  for (const auto& queue : health.queues)
    if (!queue.is_ok || queue.verdict == queue_verdict::paused)
      std::cout << one_line(queue.queue, 40) << ": " << one_line(queue.text, text_columns_max)
                << '\n';
}

result<exit_code> show_health(program& belfry) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto health = (*node)->cluster().health(belfry.request_timeout);
  if (!health)
    return health.error();
  if (belfry.is_json)
    std::cout << one_line(to_json(*health)) << '\n';
  else
    print_health(*health, belfry.style);
  return health->is_ok ? exit_code::ok : exit_code::refused;
}

} // namespace

void add_health(CLI::App& app, program& belfry) {
  auto* command = app.add_subcommand(
      "health", "Say whether the node and its queues are well, and what is wrong");
  command->footer(
      "Exit status 0: all is well (a paused queue is, too); 1: something is wrong; 3: "
      "the node does not answer.\n\nExamples:\n  belfry health\n  belfry health --json");
  command->callback([&belfry] { belfry.chosen = [&belfry] { return show_health(belfry); }; });
}

} // namespace belfry::shell
