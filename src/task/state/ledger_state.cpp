#include "task/state/ledger_state.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// The first instant at which the task may not start any more; `instant_max`: never.
instant too_late_at(const task_record& record) {
  const auto limit = record.start_limit();
  return limit == instant_max ? limit : limit + duration{1};
}

} // namespace

ledger_state::ledger_state(const ledger_options& limits, instant now)
    : options(limits),
      timers(now, [this](timer_key key, instant due) { return is_timer_pending(key, due); }) {}

bool ledger_state::is_live(task_id id, fencing_token token) const {
  const auto* record = find(id);
  return record && is_granted(record->state) && record->details().token == token;
}

instant ledger_state::wakes_at(const task_record& record) const {
  switch (record.state) {
  case task_state::scheduled:
    return std::min(record.due, too_late_at(record));
  case task_state::ready:
    return too_late_at(record);
  case task_state::reserved: // Its time limit begins with its handler; the lease moves it on.
    return instant_max;
  case task_state::running:
    if (const auto limit = rules_of(record).timeout; limit > duration{0})
      return record.changed_at() + limit + options.runs.timeout_grace;
    return instant_max;
  case task_state::dead:
    return record.changed_at() + options.dead_retention;
  default:
    return record.changed_at() + rules_of(record).retention;
  }
}

bool ledger_state::is_timer_pending(timer_key key, instant due) const {
  const auto number = number_of(key);
  switch (kind_of(key)) {
  case timer_kind::task: {
    const auto* record = tasks.find(number);
    return record && wakes_at(*record) == due;
  }
  case timer_kind::session:
    return sessions.wakes_at(static_cast<std::uint32_t>(number)) == due;
  case timer_kind::schedule:
    return schedules.is_timer_pending(static_cast<std::uint32_t>(number), due);
  }
  return false;
}

} // namespace belfry
