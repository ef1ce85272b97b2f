#pragma once

#include "belfry/ids.hpp"
#include "belfry/task.hpp"
#include "belfry/time.hpp"
#include "task/event.hpp"
#include "task/ledger.hpp"
#include "text/log_sampler.hpp"

#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace belfry {

/// To the shard itself: a window of its log is over.
using log_summary_atom = caf::atom_constant<caf::atom("logsummary")>;

/// Logs what becomes of the tasks of one shard: a death as a warning, and at the level *debug* each
/// event of a task. Under load it logs some, and the number of the others: of deaths 10 in ten
/// seconds, of events 1000.
///
/// The shard records its events through this sink only if `is_event_logged` says so when it is
/// acquired; else an event costs nothing more than before, and a death, within the limit, a line.
///
/// Owned by one shard, which passes on the `log_summary_atom`.
class task_log : public event_sink {
public:
  /// Events go on to `next`. `tasks` says the kinds and queues of tasks that exist; both outlive
  /// this object.
  task_log(caf::event_based_actor* self, shard_id shard, event_sink& next,
           const std::optional<ledger>& tasks);
  ~task_log() override;
  task_log(const task_log&) = delete;
  task_log& operator=(const task_log&) = delete;

  /// Whether the log is at the level *debug*.
  [[nodiscard]] static bool is_event_logged();

  /// Whether the death of a task at `now` is to be logged; if not, it is counted.
  [[nodiscard]] bool admit_death(instant now) { return admit(deaths_, now); }
  /// Requires: `admit_death` has admitted it.
  void log_death(const task_info& dead) const;

  /// Passes the event on, and logs it.
  void record(const event& change, durability level) override;

  /// Logs how many lines were suppressed so far.
  void on_log_summary();

private:
  bool admit(log_sampler& lines, instant now);
  void request_summary(const log_sampler& lines, instant now);
  void log_suppressed_deaths();
  void log_suppressed_events();

  void log_event(const task_submitted& accepted);
  void log_event(const task_started& started);
  void log_event(const task_succeeded& succeeded);
  void log_event(const task_failed& failed);
  void log_event(const task_snoozed& snoozed);
  void log_event(const cancel_requested& requested);
  void log_event(const task_cancelled& cancelled);
  void log_event(const task_expired& expired);
  void log_event(const task_requeued& requeued);
  void log_event(const task_changed& changed);
  /// About no single task.
  template <class Other>
  void log_event(const Other&) {}

  /// `shard=0 task=0-1 kind=mail queue=default attempt=1`, with the attempt that the task has now,
  /// before the event, and `more_attempts`.
  [[nodiscard]] std::string text_of(task_id id, std::uint32_t more_attempts = 0) const;

  caf::event_based_actor* self_;
  const shard_id shard_;
  event_sink& next_;
  const std::optional<ledger>& tasks_;
  log_sampler deaths_;
  log_sampler events_;
  bool is_summary_requested_ = false;
};

} // namespace belfry
