#pragma once

#include "belfry/failure.hpp"
#include "belfry/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace belfry {

/// What can happen to a task, a queue or a schedule: the only thing a shard's journal stores.
/// Applying the same events in the same order always gives the same ledger.
///
/// Coming due and being forgotten are not events: both follow from events and the time.

struct task_submitted {
  task_id id;
  instant at{};
  instant due{};
  task_spec spec;
  std::string schedule;                   ///< the schedule that submitted it; empty: a client did
  durability level = durability::durable; ///< of all events of this task
};

struct task_started {
  task_id id;
  instant at{};
  fencing_token token;
  session_id session;
  bool is_reserved = false; ///< its worker says when the handler begins; else that counts as now
};

/// When the handler of a run began and how long it ran, as its worker says.
struct run_times {
  instant began_at{};
  std::optional<duration> ran{}; ///< nothing: its worker was lost, or the run given back

  friend bool operator==(const run_times&, const run_times&) = default;
};

/// The handler of the live run began at `at`. Recorded only of tasks with a start-by deadline that
/// binds until then, and only if their worker has told it before the run ended: of other tasks, the
/// worker tells it again whenever it attaches.
struct task_begun {
  task_id id;
  instant at{};
};

struct task_succeeded {
  task_id id;
  instant at{};
  std::string output;
  std::optional<run_times> times{}; ///< nothing: the worker does not say; so below
};

struct task_failed {
  task_id id;
  instant at{};
  std::string error;
  bool is_crash = false;
  std::optional<instant> retry_at; ///< nothing: the task is dead
  bool may_not_have_begun = false; ///< its start-by deadline binds the next attempt, too
  /// For the next attempt; nothing: what earlier attempts saved stays.
  std::optional<std::string> saved_progress{};
  std::optional<run_times> times{};
};

struct task_snoozed {
  task_id id;
  instant at{};
  instant until{};
  bool never_started = false; ///< the run was given back before its handler was called
  std::optional<std::string> saved_progress{}; ///< as in `task_failed`
  std::optional<run_times> times{};
};

struct cancel_requested {
  task_id id;
  instant at{};
};

struct task_cancelled {
  task_id id;
  instant at{};
  bool never_started = false; ///< it was granted, and its handler was not called
  std::optional<run_times> times{};
};

struct task_expired {
  task_id id;
  instant at{};
};

struct task_requeued {
  task_id id;
  instant at{};
};

/// A client changed a task that waits, or deleted one that is settled. A task that waits may have
/// come due since its latest event.
struct task_changed {
  task_id id;
  instant at{};
  std::uint64_t command = 0; ///< the number that the client has drawn for it; 0: none
  task_change change;        ///< without a delay
  bool is_deleted = false;   ///< it is forgotten, and `change` is empty
};

/// Whether one task of a client's batch was accepted.
struct submit_outcome {
  task_id id{}; ///< 0: refused
  bool is_duplicate = false;
  std::optional<failure> refusal{};

  friend bool operator==(const submit_outcome&, const submit_outcome&) = default;
};

struct batch_accepted {
  client_id client;
  std::uint64_t sequence = 0;
  instant at{};
  std::vector<submit_outcome> outcomes;
};

struct queue_settings {
  std::string queue;
  bool is_paused = false;
  std::uint32_t weight = 1;
  durability level = durability::durable;
  bool accepts_anywhere = false; ///< in a node's outbox while this shard is unreachable
  instant paused_at{};           ///< 0: it is not paused, or an earlier version has paused it

  friend bool operator==(const queue_settings&, const queue_settings&) = default;
};

struct schedule_put {
  schedule_spec spec;
  instant at{};
  std::uint64_t command = 0; ///< as in `task_changed`
};

struct schedule_removed {
  std::string name;
  std::uint64_t command = 0; ///< as in `task_changed`
};

struct schedule_fired {
  std::string name;
  instant nominal{};
  task_id task;              ///< 0: this run was skipped
  std::uint64_t command = 0; ///< of a client that has triggered it, between its nominal times
};

/// A paused schedule submits nothing by itself, and makes up for nothing when it is resumed.
struct schedule_paused {
  std::string name;
  bool is_paused = false;
  instant at{};
  std::uint64_t command = 0; ///< as in `task_changed`
};

/// Serials up to `serial_max` may be given to tasks whose submission is not on stable storage:
/// after a crash the serials continue behind it, so that none is given twice.
struct serials_reserved {
  std::uint64_t serial_max = 0;
};

// Snapshots hold these events beside the ones above.

/// The image of a task. Its spec's `due`, `delay` and `key_ttl` are unused.
struct task_restored {
  task_id id;
  instant accepted_at{};
  instant due{};
  instant changed_at{};
  task_spec spec;
  std::string schedule;
  std::string last_error;
  std::string output;
  fencing_token token;
  session_id session;
  std::uint32_t attempt = 0;
  std::uint32_t crashes = 0;
  task_state state = task_state::scheduled;
  durability level = durability::durable;
  bool is_cancel_requested = false;
  bool was_started = false;
  std::uint32_t started_ms_ago = 0;
  bool was_requeued = false;
  bool was_started_before = false;
  std::optional<bool> has_begun{}; ///< nothing: what `has_surely_begun` says
  std::string saved_progress{};
  bool is_start_known = true;            ///< `started_ms_ago` is when a handler began, or none has
  std::optional<std::uint32_t> ran_ms{}; ///< of the latest run that has ended
  std::optional<instant> nominal{};      ///< of its schedule; nothing: none, or it is not known
  std::vector<std::string> earlier_errors{};
};

/// What the other fields of `image` say about `has_begun`. Most images need no more, and those of
/// earlier versions have no more: there every start but the present one counted as begun.
[[nodiscard]] inline bool has_surely_begun(const task_restored& image) {
  return is_granted(image.state) ? image.was_started_before : image.was_started;
}

/// An idempotency key, perhaps of a task that is forgotten.
struct key_restored {
  std::string name; ///< queue, a zero byte, key
  task_id id;
  instant until{};
};

/// Also recorded when a schedule continues after its clock was far ahead.
struct schedule_restored {
  schedule_spec spec;
  instant last_nominal{};
  task_id last_task;
  std::uint64_t fired = 0;
  std::uint64_t skipped = 0;
  bool is_paused = false;
};

/// Serials up to `next` - 1 have been given.
struct serial_restored {
  std::uint64_t next = 1;
};

/// The numbers of the commands that `recent_commands` knows, oldest first.
struct commands_restored {
  std::vector<std::uint64_t> numbers;
};

using event =
    std::variant<task_submitted, task_started, task_succeeded, task_failed, task_snoozed,
                 cancel_requested, task_cancelled, task_expired, task_requeued, batch_accepted,
                 queue_settings, schedule_put, schedule_removed, schedule_fired, serials_reserved,
                 task_restored, key_restored, schedule_restored, serial_restored, task_begun,
                 task_changed, commands_restored, schedule_paused>;

/// Where the parts of a snapshot go.
class snapshot_sink {
public:
  virtual ~snapshot_sink() = default;

  /// Adds `recorded` to `part`: the number of a page of tasks, or `metadata_part`. The events of
  /// one part come in a row and replace that part of earlier snapshots.
  virtual void add(std::uint64_t part, const event& recorded) = 0;

  static constexpr std::uint64_t metadata_part = ~std::uint64_t{0};
};

/// Where a ledger records its decisions before their effects are carried out.
class event_sink {
public:
  virtual ~event_sink() = default;

  /// Writes `recorded` behind the events recorded so far. `level` is the durability that the event
  /// must have before its effects are carried out.
  virtual void record(const event& recorded, durability level) = 0;
};

} // namespace belfry
