// belfry schedule show, set, pause, resume, trigger, rm
#include "cli/changes/schedule_commands.hpp"

#include "cli/flags.hpp"
#include "cli/text/json_text.hpp"
#include "cli/text/schedule_notes.hpp"
#include "cli/text/text_format.hpp"

#include "os/system_clock.hpp"
#include "task/validate.hpp"
#include "text/printable.hpp"
#include "time/time_text.hpp"

#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry::shell {

namespace {

constexpr std::size_t next_shown = 5;
constexpr std::size_t results_shown = 5;

using schedule_action = result<done> (schedule_client::*)(const std::string&, duration) const;

result<exit_code> apply_to_schedules(program& belfry, const std::vector<std::string>& names,
                                     const std::string& done_text, schedule_action action) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  auto code = exit_code::ok;
  for (const auto& name : names) {
    const auto outcome = ((*node)->schedules().*action)(name, belfry.request_timeout);
    if (belfry.is_json) {
      auto document = outcome ? json{{"is_done", true}} : to_json(outcome.error());
      document["schedule"] = name;
      std::cout << one_line(document) << '\n';
    } else if (outcome) {
      std::cout << "schedule '" << printable(name) << "' is " << done_text << '\n';
    } else {
      print_complaint(name + ": " + outcome.error().what);
    }
    if (!outcome)
      code = exit_code_of(outcome.error().code);
    if (code == exit_code::unavailable)
      return code;
  }
  return code;
}

void add_action(CLI::App& schedule, program& belfry, const std::string& name,
                const std::string& help, const std::string& done_text, schedule_action action) {
  auto names = std::make_shared<std::vector<std::string>>();
  auto* command = schedule.add_subcommand(name, help);
  command->footer("Example:\n  belfry schedule " + name + " sync");
  command->add_option("NAME", *names, "The schedules")->required()->type_name("");
  command->callback([&belfry, names, done_text, action] {
    belfry.chosen = [&belfry, names, done_text, action] {
      return apply_to_schedules(belfry, *names, done_text, action);
    };
  });
}

result<schedule_info> find_schedule(const program& belfry, client& node, const std::string& name) {
  auto schedules = node.schedules().list(belfry.request_timeout);
  if (!schedules)
    return schedules.error();
  for (auto& known : *schedules)
    if (known.spec.name == name)
      return std::move(known);
  return failure{errc::not_found, "no schedule '" + name + "'"};
}

/// The latest tasks of the schedule that are still known, the latest first.
result<std::vector<task_info>> latest_tasks(const program& belfry, client& node,
                                            const std::string& name) {
  task_filter filter;
  filter.schedule = name;
  filter.count_max = std::numeric_limits<std::size_t>::max();
  auto tasks = node.tasks().list(filter, belfry.request_timeout);
  if (!tasks)
    return tasks.error();
  auto latest = std::move(*tasks);
  std::sort(latest.begin(), latest.end(),
            [](const auto& left, const auto& right) { return left.id > right.id; });
  latest.resize(std::min(latest.size(), results_shown));
  return latest;
}

void print_row(const std::string& name, const std::string& text) {
  constexpr std::size_t width = 10;
  std::cout << "  " << name << std::string(width - std::min(width, name.size()), ' ')
            << printable(text) << '\n';
}

void print_results(const program& belfry, const std::vector<task_info>& tasks) {
  for (const auto& task : tasks) {
    auto text = to_string(task.id) + " " + format_state(task);
    if (task.started_at)
      text += ", started " + format_relative_time(belfry, *task.started_at);
    if (task.ran)
      text += ", ran " + format_duration(*task.ran);
    if (!task.last_error.empty())
      text += ": " + task.last_error;
    print_row("task", text);
  }
}

void print_details(const program& belfry, const schedule_info& schedule,
                   const std::vector<instant>& next) {
  const auto& spec = schedule.spec;
  const auto due = due_text(spec.when, next, belfry.zone);
  std::cout << "schedule " << printable(spec.name) << '\n';
  print_row("cron", spec.when.line + " (" + spec.when.zone + ")");
  if (schedule.is_paused)
    print_row("state", "paused");
  else if (schedule.parked_reason)
    print_row("state", "parked: " + *schedule.parked_reason);
  else
    print_row("next", due.empty() ? "never" : due);
  print_row("submits", spec.task.kind + " to the queue " + spec.task.queue + ", priority " +
                           std::to_string(spec.task.priority));
  if (!spec.task.payload.empty())
    print_row("payload", spec.task.payload);
  print_row("fired",
            std::to_string(schedule.fired) + ", skipped " + std::to_string(schedule.skipped));
}

json details_of(const schedule_info& schedule, const std::vector<instant>& next,
                const std::vector<task_info>& tasks) {
  auto document = to_json(schedule);
  document["next_times"] = json::array();
  for (const auto at : next)
    document["next_times"].push_back(format_utc(at));
  document["tasks"] = json::array();
  for (const auto& task : tasks)
    document["tasks"].push_back(to_json(task));
  return document;
}

result<exit_code> show_schedule(program& belfry, const std::string& name) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  const auto schedule = find_schedule(belfry, **node, name);
  if (!schedule)
    return schedule.error();
  const auto tasks = latest_tasks(belfry, **node, name);
  if (!tasks)
    return tasks.error();
  std::vector<instant> next;
  if (!schedule->is_paused && !schedule->parked_reason)
    next = next_times(schedule->spec, std::max(schedule->last, system_clock{}.now()), next_shown);
  if (belfry.is_json) {
    std::cout << one_line(details_of(*schedule, next, *tasks)) << '\n';
    return exit_code::ok;
  }
  print_details(belfry, *schedule, next);
  print_results(belfry, *tasks);
  return exit_code::ok;
}

void add_show(CLI::App& schedule, program& belfry) {
  auto name = std::make_shared<std::string>();
  auto* command =
      schedule.add_subcommand("show", "Show a schedule, its next five times and latest tasks");
  command->footer("Example:\n  belfry schedule show sync");
  command->add_option("NAME", *name, "The schedule")->required()->type_name("");
  command->callback([&belfry, name] {
    belfry.chosen = [&belfry, name] { return show_schedule(belfry, *name); };
  });
}

/// What to change, and of which schedule.
struct schedule_settings {
  std::string name;
  schedule_change change;

  [[nodiscard]] bool is_empty() const {
    return !change.line && !change.zone && !change.queue && !change.priority;
  }
};

result<exit_code> set_schedule(program& belfry, const schedule_settings& settings) {
  const auto node = belfry.node();
  if (!node)
    return node.error();
  if (const auto changed =
          (*node)->schedules().change(settings.name, settings.change, belfry.request_timeout);
      !changed)
    return changed.error();
  if (belfry.is_json)
    std::cout << one_line(json{{"schedule", settings.name}}) << '\n';
  else
    std::cout << "schedule '" << printable(settings.name) << "' is changed\n";
  return exit_code::ok;
}

void add_set_schedule(CLI::App& schedule, program& belfry) {
  auto settings = std::make_shared<schedule_settings>();
  auto& change = settings->change;
  auto* command = schedule.add_subcommand("set", "Change a schedule; what is not named stays");
  command->footer("Example:\n  belfry schedule set sync --cron '*/10 * * * *' --tz Europe/Berlin");
  command->add_option("NAME", settings->name, "The schedule")->required()->type_name("");
  command->add_option("--cron", change.line, "When it is due")->type_name("LINE");
  command->add_option("--queue", change.queue, "Queue of its tasks")->type_name("NAME");
  add_number(*command, "--priority", change.priority, priority_min, priority_max,
             "Priority of its tasks, -100 to 100")
      ->type_name("NUMBER");
  const auto* program_options = schedule.get_parent();
  command->callback([&belfry, settings, program_options] {
    if (program_options->count("--tz") > 0)
      settings->change.zone = belfry.zone;
    require(!settings->is_empty(), "schedule set", "needs --cron, --tz, --queue or --priority");
    belfry.chosen = [&belfry, settings] { return set_schedule(belfry, *settings); };
  });
}

} // namespace

void add_schedule_commands(CLI::App& schedule, program& belfry) {
  add_show(schedule, belfry);
  add_set_schedule(schedule, belfry);
  add_action(schedule, belfry, "pause", "Pause schedules: they submit no tasks", "paused",
             &schedule_client::pause);
  add_action(schedule, belfry, "resume",
             "Resume paused schedules; what they have missed is not made up for", "resumed",
             &schedule_client::resume);
  add_action(schedule, belfry, "trigger", "Submit a task of the schedules now", "triggered",
             &schedule_client::trigger);
  add_action(schedule, belfry, "rm", "Remove schedules; tasks they submitted stay",
             "removed; the tasks it submitted stay", &schedule_client::remove);
}

} // namespace belfry::shell
