// Schedules: rules that submit a task again and again.
#include "task/ledger.hpp"
#include "task/timer_keys.hpp"
#include "task/validate.hpp"
#include "time/schedule.hpp"

namespace belfry {

result<done> ledger::put_schedule(const schedule_spec& spec, instant now) {
  if (auto checked = check(spec, options_.submits, now); !checked)
    return checked;
  commit(schedule_put{spec, now}, durability::durable);
  return done{};
}

result<done> ledger::remove_schedule(const std::string& name) {
  if (!schedule_indexes_.contains(name))
    return failure{errc::not_found, "no schedule '" + name + "'"};
  commit(schedule_removed{name}, durability::durable);
  return done{};
}

void ledger::apply(schedule_put& what) {
  auto rule = cron_rule::parse(what.spec.when);
  expects(rule.ok(), "ledger: a recorded schedule has a valid rule");
  auto [index, is_new] = schedule_indexes_.try_emplace(what.spec.name, next_schedule_);
  if (is_new)
    ++next_schedule_;
  auto& schedule = schedules_[index->second];
  cancel_timer(std::exchange(schedule.wakes_at, instant_max));
  // The same line in the same zone goes on where it was, so that a deploy neither repeats nor
  // skips a run.
  if (is_new || schedule.known.spec.when != what.spec.when)
    schedule.known.last_nominal = what.at;
  schedule.known.spec = std::move(what.spec);
  schedule.rule = std::move(rule.value());
  arm(schedule, index->second);
}

void ledger::apply(schedule_removed& what) {
  const auto index = schedule_indexes_.find(what.name);
  expects(index != schedule_indexes_.end(), "ledger: an event speaks of a known schedule");
  const auto timer = schedules_[index->second].wakes_at;
  schedules_.erase(index->second);
  schedule_indexes_.erase(index);
  cancel_timer(timer);
}

void ledger::apply(schedule_fired& what) {
  const auto index = schedule_indexes_.find(what.name);
  expects(index != schedule_indexes_.end(), "ledger: an event speaks of a known schedule");
  auto& schedule = schedules_[index->second];
  schedule.known.last_nominal = std::max(schedule.known.last_nominal, what.nominal);
  if (what.task.value == 0) {
    ++schedule.known.skipped;
  } else {
    ++schedule.known.fired;
    schedule.known.last_task = what.task;
  }
  cancel_timer(std::exchange(schedule.wakes_at, instant_max));
  arm(schedule, index->second);
}

void ledger::arm(schedule_state& schedule, std::uint32_t index) {
  const auto next = schedule.rule->next_after(schedule.known.last_nominal);
  schedule.known.next = next.value_or(instant_max);
  if (next)
    set_timer(schedule, index, *next);
}

void ledger::set_timer(schedule_state& schedule, std::uint32_t index, instant at) {
  schedule.wakes_at = at;
  wheel_.add(timer_key_of(timer_kind::schedule, index), at);
}

void ledger::fire(schedule_state& schedule, instant now) {
  schedule.wakes_at = instant_max;
  const auto& spec = schedule.known.spec;
  // The waiting run is looked at again when the one before it settles.
  if (spec.overlap == overlap_policy::queue_one && is_last_run_open(schedule))
    return;
  const auto plan =
      due_fires(*schedule.rule, spec.misfire, spec.catch_up_max, schedule.known.last_nominal, now);
  for (const auto nominal : plan.nominal)
    if (may_launch(schedule, nominal, now))
      launch(schedule, nominal, now);
  // Runs that were missed and left out are passed over for good.
  if (schedule.known.last_nominal < plan.last)
    commit(schedule_fired{schedule.known.spec.name, plan.last, {}}, durability::durable);
}

bool ledger::is_last_run_open(const schedule_state& schedule) const {
  const auto* last = tasks_.find(schedule.known.last_task.serial());
  return schedule.known.last_task.value != 0 && last && !is_settled(last->state);
}

bool ledger::may_launch(schedule_state& schedule, instant nominal, instant now) {
  const auto overlap = schedule.known.spec.overlap;
  if (overlap == overlap_policy::allow || !is_last_run_open(schedule))
    return true;
  if (overlap == overlap_policy::cancel_other) {
    (void)cancel(schedule.known.last_task, now);
    return true;
  }
  commit(schedule_fired{schedule.known.spec.name, nominal, {}}, durability::durable);
  return false;
}

void ledger::wake_schedule_of(const task_record& settled) {
  const auto index = schedule_indexes_.find(settled.extra()->schedule);
  if (index == schedule_indexes_.end())
    return;
  auto& schedule = schedules_[index->second];
  if (schedule.known.last_task == settled.id && schedule.wakes_at == instant_max)
    set_timer(schedule, index->second, settled.changed_at());
}

void ledger::launch(schedule_state& schedule, instant nominal, instant now) {
  auto spec = schedule.known.spec.task;
  const auto jitter = schedule.known.spec.jitter.count();
  spec.due = nominal;
  if (jitter > 0)
    *spec.due +=
        duration{static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(jitter) + 1))};
  const auto name = schedule.known.spec.name;
  const auto outcome = accept(std::move(spec), name, now);
  commit(schedule_fired{name, nominal, outcome.id}, durability::durable);
}

} // namespace belfry
