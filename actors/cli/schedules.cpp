// belfry schedules, schedule
#include "cli/changes/schedule_commands.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/schedule_table.hpp"

#include <iostream>

namespace belfry::shell {

namespace {

result<exit_code> show_schedules(program& belfry) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto schedules = (*node)->schedules().list(belfry.request_timeout);
  if (!schedules)
    return schedules.error();
  if (belfry.is_json)
    for (const auto& schedule : *schedules)
      std::cout << one_line(to_json(schedule)) << '\n';
  else if (schedules->empty())
    std::cout << "no schedules\n";
  else
    print_schedules(std::cout, belfry, *schedules);
  return exit_code::ok;
}

} // namespace

void add_schedules(CLI::App& app, program& belfry) {
  auto* schedules = app.add_subcommand("schedules", "List schedules");
  schedules->footer("Examples:\n  belfry schedules\n  belfry submit exec --cron '*/5 * * * *' "
                    "--name sync -- sync-mail      (creates one)");
  schedules->callback([&belfry] { belfry.chosen = [&belfry] { return show_schedules(belfry); }; });

  auto* schedule =
      app.add_subcommand("schedule", "Show, change, pause, trigger and remove schedules");
  schedule->require_subcommand(1);
  add_schedule_commands(*schedule, belfry);
}

} // namespace belfry::shell
