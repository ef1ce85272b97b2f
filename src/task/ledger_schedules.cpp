// Schedules: rules that submit a task at each of their nominal times.
#include "task/ledger.hpp"
#include "task/validate.hpp"
#include "time/schedule.hpp"

#include <optional>
#include <string>
#include <utility>

namespace belfry {

namespace {

failure no_schedule(const std::string& name) {
  return {errc::not_found, "no schedule '" + name + "'"};
}

fire_plan plan_of(const schedule_entry& schedule, const std::optional<instant>& booted_at,
                  instant now) {
  const auto& spec = schedule.summary.spec;
  const auto last_nominal = schedule.summary.last_nominal;
  if (schedule.rule->is_at_boot())
    return due_at_boot(booted_at, last_nominal, now);
  return due_fires(*schedule.rule, spec.misfire, spec.catch_up_max, last_nominal, now);
}

} // namespace

result<done> ledger::put_schedule(schedule_spec spec, instant now, std::uint64_t command) {
  if (state_.commands.contains(command))
    return done{};
  if (auto checked = check(spec, state_.options.submits, now); !checked)
    return checked;
  commit(schedule_put{std::move(spec), now, command}, durability::durable);
  return done{};
}

result<done> ledger::remove_schedule(const std::string& name, std::uint64_t command) {
  if (state_.commands.contains(command))
    return done{};
  if (!state_.schedules.contains(name))
    return no_schedule(name);
  commit(schedule_removed{name, command}, durability::durable);
  return done{};
}

result<done> ledger::change_schedule(const std::string& name, const schedule_change& change,
                                     std::uint64_t command, instant now) {
  const auto* schedule = state_.schedules.find(name);
  if (!schedule)
    return state_.commands.contains(command) ? result<done>{done{}} : no_schedule(name);
  auto spec = schedule->summary.spec;
  spec.when.line = change.line.value_or(spec.when.line);
  spec.when.zone = change.zone.value_or(spec.when.zone);
  spec.task.queue = change.queue.value_or(spec.task.queue);
  spec.task.priority = change.priority.value_or(spec.task.priority);
  return put_schedule(std::move(spec), now, command);
}

result<done> ledger::set_schedule_paused(const std::string& name, bool is_paused,
                                         std::uint64_t command, instant now) {
  if (state_.commands.contains(command))
    return done{};
  if (!state_.schedules.contains(name))
    return no_schedule(name);
  commit(schedule_paused{name, is_paused, now, command}, durability::durable);
  return done{};
}

result<done> ledger::trigger_schedule(const std::string& name, std::uint64_t command, instant now) {
  if (state_.commands.contains(command))
    return done{};
  const auto* schedule = state_.schedules.find(name);
  if (!schedule)
    return no_schedule(name);
  auto spec = schedule->summary.spec.task;
  const auto last_nominal = schedule->summary.last_nominal;
  spec.due = now;
  const auto level = level_of(spec.queue);
  const auto id = accept(std::move(spec), name, level, now);
  commit(schedule_fired{name, last_nominal, id, command}, durability::durable);
  return done{};
}

/// A boot that a paused schedule has missed is not made up for once it is resumed.
void ledger::fire_at_boot(instant now) {
  const auto& booted_at = state_.options.booted_at;
  for (const auto* schedule : state_.schedules.at_boot())
    if (!schedule->summary.is_paused)
      fire(*schedule, now);
    else if (const auto plan = plan_of(*schedule, booted_at, now); !plan.nominal.empty())
      commit(schedule_fired{schedule->summary.spec.name, plan.last, {}}, durability::durable);
}

void ledger::fire(const schedule_entry& schedule, instant now) {
  const auto& spec = schedule.summary.spec;
  // The schedule is woken again when its last task settles.
  if (spec.overlap == overlap_policy::queue_one && is_last_run_open(schedule))
    return;
  const auto plan = plan_of(schedule, state_.options.booted_at, now);
  for (const auto nominal : plan.nominal)
    if (may_launch(schedule, nominal, now))
      launch(schedule, nominal, now);
  // Missed runs that the policy skips are never made up for.
  if (schedule.summary.last_nominal < plan.last)
    commit(schedule_fired{schedule.summary.spec.name, plan.last, {}}, durability::durable);
}

bool ledger::is_last_run_open(const schedule_entry& schedule) const {
  const auto* last = state_.tasks.find(schedule.summary.last_task.serial());
  return schedule.summary.last_task.value != 0 && last && !is_settled(last->state);
}

bool ledger::may_launch(const schedule_entry& schedule, instant nominal, instant now) {
  const auto overlap = schedule.summary.spec.overlap;
  if (overlap == overlap_policy::allow || !is_last_run_open(schedule))
    return true;
  if (overlap == overlap_policy::cancel_other) {
    (void)cancel(schedule.summary.last_task, now);
    return true;
  }
  commit(schedule_fired{schedule.summary.spec.name, nominal, {}}, durability::durable);
  return false;
}

void ledger::launch(const schedule_entry& schedule, instant nominal, instant now) {
  auto spec = schedule.summary.spec.task;
  const auto jitter = schedule.summary.spec.jitter.count();
  spec.due = nominal;
  if (jitter > 0)
    *spec.due +=
        duration{static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(jitter) + 1))};
  const auto name = schedule.summary.spec.name;
  // The schedule was checked when it was put: today's limits do not refuse what it submits.
  const auto level = level_of(spec.queue);
  const auto id = accept(std::move(spec), name, level, now);
  commit(schedule_fired{name, nominal, id}, durability::durable);
}

} // namespace belfry
