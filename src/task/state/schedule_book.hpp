#pragma once

#include "task/state/shard_timers.hpp"
#include "task/summaries.hpp"
#include "task/task_record.hpp"
#include "time/cron.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace belfry {

/// A schedule whose last nominal time is more than this ahead of the clock was fired under a clock
/// that was wrong: it continues from the present. One that is less ahead waits, so that no instant
/// is fired twice because a clock was set back, or because the next owner's clock is behind.
inline constexpr duration schedule_ahead_max{std::chrono::hours{24}};

/// A schedule with its parsed rule and its timer.
struct schedule_entry {
  schedule_summary summary;
  std::optional<cron_rule> rule;  ///< nothing: the schedule is parked
  instant wakes_at = instant_max; ///< `instant_max`: never
};

/// The schedules of a shard: applies their events and keeps a timer for each next run. What a
/// schedule that is due submits is decided by the ledger.
///
/// A schedule whose rule cannot be evaluated on this machine is parked: it is kept as it was
/// recorded, its events are applied, and it has no timer. On a machine that can evaluate the rule
/// the schedule continues after its last nominal time, by its misfire policy.
///
/// Owned by one ledger; not thread-safe.
class schedule_book {
public:
  explicit schedule_book(shard_timers& timers) : timers_(timers) {}

  void put(schedule_put& put);
  /// Requires: there is a schedule called `name`.
  void remove(const std::string& name);
  /// Requires: the schedule of `fired` is there.
  void mark_fired(const schedule_fired& fired);
  /// Requires: the schedule of `paused` is there.
  void set_paused(const schedule_paused& paused);
  void restore(schedule_restored& restored);
  /// The schedules that fired under a wrong clock, as they are to continue from `now`: see
  /// `schedule_ahead_max`.
  [[nodiscard]] std::vector<schedule_restored> ahead_of(instant now) const;

  /// The schedules that are due when a machine boots, in the order in which they were made; parked
  /// ones are not among them. Valid until a schedule is put or removed.
  [[nodiscard]] std::vector<const schedule_entry*> at_boot() const;

  /// The timer of the schedule rang: returns the schedule, which now has no timer until it fires.
  const schedule_entry& take_alarm(std::uint32_t index);
  /// Sets the timer of the schedule whose latest task is `settled`, if it waits for that.
  void wake_after(const task_record& settled);

  [[nodiscard]] bool contains(const std::string& name) const { return indexes_.contains(name); }
  /// Null if there is none. Valid until the next change of a schedule.
  [[nodiscard]] const schedule_entry* find(const std::string& name) const {
    const auto index = indexes_.find(name);
    return index == indexes_.end() ? nullptr : &schedules_.at(index->second);
  }
  [[nodiscard]] bool is_timer_pending(std::uint32_t index, instant due) const;
  /// In the order in which the schedules were made.
  [[nodiscard]] std::vector<schedule_summary> summaries() const;
  /// Calls `visit(summary)` for all schedules, in order of their names.
  template <class Visit>
  void visit_by_name(Visit visit) const {
    for (const auto& [name, index] : indexes_)
      visit(schedules_.at(index).summary);
  }

private:
  void evaluate(schedule_entry& schedule);
  /// Sets the timer to the next due instant, if there is one, in place of the former timer.
  void arm(schedule_entry& schedule, std::uint32_t index);
  void set_timer(schedule_entry& schedule, std::uint32_t index, instant at);

  shard_timers& timers_;
  std::map<std::string, std::uint32_t> indexes_;
  std::map<std::uint32_t, schedule_entry> schedules_;
  std::uint32_t next_index_ = 1;
};

} // namespace belfry
