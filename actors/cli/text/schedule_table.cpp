#include "cli/text/schedule_table.hpp"

#include "cli/text/table.hpp"
#include "cli/text/text_format.hpp"

#include "text/delimited.hpp"
#include "time/cron.hpp"
#include "wire/exec_payload.hpp"

#include <ostream>

namespace belfry::shell {

namespace {

constexpr std::size_t name_width_max = 60;
constexpr std::size_t command_width_max = 60;
constexpr std::size_t reason_width_max = 400;

/// What a task of kind `exec` runs, without the shell that reads it; `-`: the kind is another.
std::string command_of(const task_spec& task) {
  if (task.kind != "exec")
    return "-";
  const auto payload = parse_exec_payload(task.payload);
  if (!payload)
    return "-";
  const auto& words = payload->command;
  const bool is_for_shell = words.size() > 2 && words[words.size() - 2] == "-c";
  return one_line(is_for_shell ? words.back() : join(words, " "), command_width_max);
}

std::string next_text(const program& belfry, const schedule_info& schedule) {
  if (schedule.parked_reason || schedule.is_paused)
    return "-";
  if (is_boot_line(schedule.spec.when.line))
    return "at boot";
  return schedule.next < instant_max ? format_time_cell(belfry, schedule.next) : "never";
}

} // namespace

void print_schedules(std::ostream& out, const program& belfry,
                     const std::vector<schedule_info>& schedules) {
  table rows{{{.title = "NAME", .width_min = 12},
              {"CRON"},
              {.title = "ZONE", .usual = "UTC", .width_min = 8},
              {"KIND"},
              {.title = "COMMAND", .usual = "-", .width_min = 12},
              {.title = "QUEUE", .usual = "default", .width_min = 8},
              {.title = "STATE", .usual = "active", .is_state = true},
              {"NEXT"},
              {"LAST TASK"},
              {"FIRED", true},
              {.title = "SKIPPED", .is_number = true, .usual = "0"}}};
  for (const auto& schedule : schedules)
    rows.add({one_line(schedule.spec.name, name_width_max), one_line(schedule.spec.when.line, 40),
              one_line(schedule.spec.when.zone, 40), one_line(schedule.spec.task.kind, 30),
              command_of(schedule.spec.task), one_line(schedule.spec.task.queue, 30),
              format_state(schedule), next_text(belfry, schedule),
              schedule.last_task.value != 0 ? to_string(schedule.last_task) : "-",
              std::to_string(schedule.fired), std::to_string(schedule.skipped)});
  rows.print(out, belfry.style);
  for (const auto& schedule : schedules)
    if (schedule.parked_reason)
      out << one_line(schedule.spec.name, name_width_max)
          << " is parked: " << one_line(*schedule.parked_reason, reason_width_max) << '\n';
}

} // namespace belfry::shell
