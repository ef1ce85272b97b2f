#pragma once

#include "belfry/result.hpp"
#include "random/prng.hpp"
#include "task/effects.hpp"
#include "task/event.hpp"
#include "task/granted_run.hpp"
#include "task/lane_summary.hpp"
#include "task/ledger_views.hpp"
#include "task/run_outcome.hpp"
#include "task/state/event_applier.hpp"
#include "task/state/ledger_options.hpp"
#include "task/state/ledger_state.hpp"
#include "task/state/snapshot_writer.hpp"
#include "time/slowed_clock.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

/// The lanes that a shard offers to its dispatcher. Made by `ledger::lanes`.
class lane_feed {
public:
  explicit lane_feed(queue_table& queues) : queues_(queues) {}

  /// All lanes with ready tasks of queues that are not paused.
  [[nodiscard]] std::vector<lane_summary> all() { return queues_.lanes(); }
  /// The lanes that changed since the last call of this or of `all`.
  [[nodiscard]] std::vector<lane_summary> take_changed() { return queues_.take_changed_lanes(); }
  [[nodiscard]] bool has_changed() const { return queues_.has_changed_lanes(); }

private:
  queue_table& queues_;
};

/// The tasks that clients wait for: `ledger_views::outcome` has their outcomes though the ledger
/// forgets them. Made by `ledger::waits`.
class wait_feed {
public:
  explicit wait_feed(watched_tasks& watched) : watched_(watched) {}

  /// A client waits for the task. Requires: the task is not settled.
  void watch(task_id id) { watched_.watch(id); }
  /// All who waited for the task have been answered; it is watched a while longer.
  void mark_answered(task_id id, instant now) { watched_.mark_answered(id, now); }
  /// Nobody waits for the task any more.
  void unwatch(task_id id) { watched_.unwatch(id); }

private:
  watched_tasks& watched_;
};

/// What a shard hears of the sessions of workers. Made by `ledger::sessions`.
class session_feed {
public:
  explicit session_feed(session_leases& leases) : leases_(leases) {}

  /// A heartbeat or message of `session` arrived.
  void renew(session_id session, instant now) { leases_.renew(session, now); }
  /// The worker of `session` says when the handlers of its runs begin: a task that is granted to it
  /// is reserved until then. Without this, a granted task counts as running.
  void set_tells_begin(session_id session, bool tells) { leases_.set_tells_begin(session, tells); }
  /// The grants of the session up to `last` are sent to their worker: from now on they may have
  /// begun. Requires: `last` is live.
  void mark_sent(const granted_run& last) { leases_.mark_sent(last); }

private:
  session_leases& leases_;
};

/// Every decision about the tasks of a shard.
///
/// A command decides, records the events in the sink, and applies them at once; what must happen
/// outside collects until the shard has seen the events durable and takes it with `take_effects`.
/// If that fails the ledger must be thrown away and rebuilt by `replay`. Time comes by argument
/// and never goes back; chance comes from the seed.
///
/// Owned by one shard; not thread-safe. A command costs O(log n) at most in the waiting tasks.
class ledger {
public:
  ledger(const ledger_options& options, event_sink& sink, instant now);
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;

  // --- recovery ---

  /// Applies an event read from a snapshot or the journal.
  void replay(event recorded) { applier_.apply(recorded); }
  /// Ends recovery: sessions that had runs have one lease, from `now` on, to return, clients'
  /// batches are kept for a whole window, serials go on from `ledger_options::serial_min` at least,
  /// and schedules that fired under a clock far ahead of `now` continue from it, which is recorded.
  /// Then schedules at boot are looked at: see `ledger_options::booted_at`.
  void finish_recovery(instant now);

  // --- clients ---

  /// Accepts those of `specs` that are valid; the outcomes are in order. The client's latest
  /// sequence again gives the outcomes of the first time; an older one gives nothing.
  std::optional<std::vector<submit_outcome>> submit(client_id client, std::uint64_t sequence,
                                                    std::vector<task_spec> specs, instant now);
  /// Both are idempotent: a cancelled task can be cancelled and a requeued task that has not
  /// settled since can be requeued; the second time changes nothing.
  result<done> cancel(task_id id, instant now);
  result<done> requeue(task_id id, instant now);
  /// Changes a task that waits. `command` is the number that its client has drawn: the same again
  /// is done, whatever the task does now; 0: the client cannot repeat it.
  result<done> change(task_id id, const task_change& change, std::uint64_t command, instant now);
  /// Forgets a task that no worker has; one that waits is cancelled first. `command` as above.
  result<done> remove(task_id id, std::uint64_t command, instant now);
  [[nodiscard]] wait_feed waits() { return wait_feed{state_.watched}; }
  result<done> set_queue(queue_settings settings, instant now);
  /// `command` as above, also of the next three.
  result<done> put_schedule(schedule_spec spec, instant now, std::uint64_t command = 0);
  result<done> remove_schedule(const std::string& name, std::uint64_t command = 0);
  /// The schedule goes on from now, as if it had been put again.
  result<done> change_schedule(const std::string& name, const schedule_change& change,
                               std::uint64_t command, instant now);
  /// A paused schedule submits nothing by itself; once resumed it goes on with its next time.
  result<done> set_schedule_paused(const std::string& name, bool is_paused, std::uint64_t command,
                                   instant now);
  /// The schedule, which may be paused, submits a task that is due at once. Its times, and whether
  /// its previous task has settled, do not matter. `command` as above.
  result<done> trigger_schedule(const std::string& name, std::uint64_t command, instant now);

  // --- workers ---

  /// Grants up to `count` ready tasks of the lane to `session`. Returns how many.
  std::size_t grant(session_id session, const std::string& queue, const std::string& kind,
                    std::size_t count, instant now);
  /// Decides what follows from the end of a run. Returns whether its token was the live one and
  /// `session` holds the run; if not, nothing changes but the session's lease.
  bool finish_run(const session_id& session, run_outcome outcome, instant now);
  /// Changes nothing if `run` is not live, or another session holds it.
  void update_progress(const granted_run& run, std::string text);
  /// The handler of the run has begun: its task runs, and its start-by deadline is met. Changes
  /// nothing if the run is not live, known to have begun, or held by another session. Recorded only
  /// if a deadline is met by it: of other runs, the worker says so again whenever it attaches.
  void mark_begun(session_id session, const begun_run& run, instant now);
  /// The grant of `run` was never sent: its task is ready again and keeps its attempts.
  void withdraw_grant(const granted_run& run, instant now);
  /// The worker of `session` is connected and holds these runs: other grants of the session were
  /// lost on the way, and their tasks are ready again.
  void attach(session_id session, const std::vector<granted_run>& held, instant now);
  /// Revokes those of `held` that are not live any more, so that they end and free their slots.
  void revoke_stale(session_id session, const std::vector<granted_run>& held);

  [[nodiscard]] session_feed sessions() { return session_feed{state_.sessions}; }

  // --- time ---

  /// It is `now`, and an alarm that was set for `scheduled_at` has not rung before. If it is late,
  /// this shard was stalled or its clock was set: it handled no message meanwhile, so it extends
  /// all leases and the deduplication window of clients' batches by the delay, once for each stall.
  /// Returns the delay; 0 if the alarm is not late. To be called before anything is decided at
  /// `now`.
  duration compensate_stall(instant scheduled_at, instant now);

  /// Handles the timers that are due by `now`, at most `limit` of them. Returns how many it
  /// handled.
  std::size_t advance(instant now, std::size_t limit);
  /// When `advance` must next be called; nothing: not before another command.
  [[nodiscard]] std::optional<instant> next_wakeup() const { return state_.timers.next_wakeup(); }

  /// The clock that `now` is from is this far ahead of the machine's, and so runs at half speed:
  /// delays that begin from now on are shorter by that clock, and as long as asked for in truth.
  void set_clock_lead(duration lead) { clock_lead_ = lead; }

  // --- results ---

  /// What follows from the decisions since the last call.
  [[nodiscard]] effects take_effects() { return std::exchange(state_.pending_effects, {}); }
  [[nodiscard]] snapshot_writer& snapshots() { return snapshots_; }
  [[nodiscard]] const snapshot_writer& snapshots() const { return snapshots_; }
  [[nodiscard]] lane_feed lanes() { return lane_feed{state_.queues}; }
  [[nodiscard]] ledger_views views() const { return ledger_views{state_}; }

private:
  [[nodiscard]] std::optional<instant> due_of(const task_record& record, const task_change& change,
                                              instant now) const;
  submit_outcome accept_or_refuse(task_spec&& spec, durability level, instant now);
  task_id accept(task_spec&& spec, const std::string& schedule, durability level, instant now);
  void reserve_serials();
  [[nodiscard]] durability level_of(const std::string& queue) const;

  /// How a run failed.
  struct run_failure {
    std::string error; // Its name.
    std::string text;  // For people.
    bool is_crash = false;
    bool is_final = false;
    std::optional<std::string> saved_progress{}; // As in task_failed.
    std::optional<run_times> times{};
  };
  [[nodiscard]] std::optional<run_times> told_begin(const task_record& record) const;
  [[nodiscard]] std::optional<run_times> times_of(const task_record& record,
                                                  const run_outcome& outcome, instant now) const;
  [[nodiscard]] run_failure crash(const task_record& record, std::string error,
                                  const std::string& text) const;
  void fail_run(const task_record& record, run_failure reason, instant now);
  void cancel_run(const task_record& record, const std::optional<run_times>& times, instant now);
  void release_run(const task_record& record, instant now);
  void expire_session(std::uint32_t index, instant now);

  void fire_at_boot(instant now);
  void fire(const schedule_entry& schedule, instant now);
  void launch(const schedule_entry& schedule, instant nominal, instant now);
  [[nodiscard]] bool is_last_run_open(const schedule_entry& schedule) const;
  bool may_launch(const schedule_entry& schedule, instant nominal, instant now);

  void wake(timer_key key, instant now);
  void wake_task(task_record& record, instant now);

  void commit(event decided, durability level);
  /// The reading of the clock when a wait of `span` that begins now is over.
  [[nodiscard]] instant ends_at(instant now, duration span) const {
    return reading_after(now, span, clock_lead_);
  }

  ledger_state state_;
  snapshot_writer snapshots_{state_};
  event_applier applier_{state_, snapshots_};
  event_sink& sink_;
  prng random_;
  std::vector<expired_timer> expired_; // Kept for its capacity.
  instant stall_compensated_at_{};     // The latest.
  duration clock_lead_{0};
};

} // namespace belfry
