// belfry schedules, schedule
#include "cli/changes/schedule_commands.hpp"
#include "cli/flags.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/schedule_table.hpp"
#include "cli/text/text_format.hpp"

#include "text/printable.hpp"

#include <iostream>
#include <memory>

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

result<exit_code> remove_schedules(program& belfry, const std::vector<std::string>& names) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  auto code = exit_code::ok;
  for (const auto& name : names) {
    const auto removed = (*node)->schedules().remove(name, belfry.request_timeout);
    if (belfry.is_json) {
      auto document = removed ? json{{"is_done", true}} : to_json(removed.error());
      document["schedule"] = name;
      std::cout << one_line(document) << '\n';
    } else if (removed) {
      std::cout << "schedule '" << printable(name) << "' is removed; the tasks it submitted stay\n";
    } else {
      print_complaint(name + ": " + removed.error().what);
    }
    if (!removed)
      code = exit_code_of(removed.error().code);
  }
  return code;
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
  auto names = std::make_shared<std::vector<std::string>>();
  auto* remove = schedule->add_subcommand("rm", "Remove schedules; tasks they submitted stay");
  remove->footer("Example:\n  belfry schedule rm sync");
  remove->add_option("NAME", *names, "The schedules")->required()->type_name("");
  remove->callback([&belfry, names] {
    belfry.chosen = [&belfry, names] { return remove_schedules(belfry, *names); };
  });
}

} // namespace belfry::shell
