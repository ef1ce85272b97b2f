#pragma once

#include "belfry/ids.hpp"
#include "belfry/retry_policy.hpp"
#include "belfry/schedule.hpp"
#include "belfry/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// The state of a task. The numbers are stored: append, never renumber.
enum class task_state : std::uint8_t {
  /// Waits for its instant. In: submitted with a later due time, failed with a retry left,
  /// snoozed, or requeued. Out: due (ready), cancelled, expired.
  scheduled = 1,
  /// Due, waits for a worker. In: submitted to run now, or its due instant came. Out: granted to a
  /// worker (reserved), cancelled, expired.
  ready,
  /// Its handler has begun, as its worker says. In: from reserved. Out: succeeded; failed or its
  /// worker was lost (scheduled, or dead when a budget is spent); snoozed (scheduled); cancelled.
  running,
  /// The handler returned. Final.
  succeeded,
  /// Retries or crashes exhausted, or a failure that must not be retried. Out: only by requeue.
  dead,
  /// Cancelled by a user. Final.
  cancelled,
  /// Not started by its `start_by` instant, or not started again by `complete_by`. Final.
  expired,
  /// Granted to a worker, which has not said that the handler has begun: the task waits there for a
  /// slot, or began since the worker's latest message. In: granted to a worker. Out: its handler
  /// begins (running); given back at no attempt's cost (scheduled); and as from running, since a
  /// short run has ended before its worker says that it began.
  reserved,
};

/// All of them, in order.
inline constexpr std::array task_states{
    task_state::scheduled, task_state::ready,     task_state::running, task_state::succeeded,
    task_state::dead,      task_state::cancelled, task_state::expired, task_state::reserved};

/// `scheduled`, `ready`, …
std::string_view to_string(task_state state);

/// Reads a state's name. Nothing if there is no such state.
std::optional<task_state> parse_task_state(std::string_view name);

/// Whether a task in `state` is settled: it will not run unless it is requeued.
constexpr bool is_settled(task_state state) {
  return state >= task_state::succeeded && state <= task_state::expired;
}

/// Whether a worker has a task in `state`: reserved or running.
constexpr bool is_granted(task_state state) {
  return state == task_state::running || state == task_state::reserved;
}

/// How safely a task is stored before it is acknowledged. A setting of each queue.
enum class durability : std::uint8_t {
  durable = 1, ///< on stable storage
  relaxed,     ///< written, not yet synced: lost if the machine loses power
  in_memory,   ///< not written: lost when the node stops ("volatile" in flags and docs)
};

std::string_view to_string(durability level);

/// A task to submit.
struct task_spec {
  std::string kind{};            ///< names the handler; 1 to 100 characters
  std::string payload{};         ///< opaque bytes for the handler
  std::string queue = "default"; ///< 1 to 100 characters
  std::int32_t priority = 0;     ///< greater runs first inside a queue; -100 to 100
  std::optional<instant> due{};  ///< not before this instant; nothing: at once
  duration delay{0};             ///< added to the shard's clock when `due` is empty
  /// Its handler is not called for the first time after this instant: the task expires. Retries
  /// may start later. A run whose worker is lost before it has told that the handler began counts
  /// as not begun.
  std::optional<instant> start_by{};
  /// No attempt, the first or a retry, starts after this instant: the task expires. A run that has
  /// begun is not ended. Not before `start_by`.
  std::optional<instant> complete_by{};
  duration timeout{0}; ///< time limit of one attempt, at most the horizon; 0: none
  retry_policy retry{};
  std::string key{};            ///< idempotency key within the queue; empty: none
  duration key_ttl{86'400'000}; ///< how long `key` names this task after it was accepted
  /// How long the settled task can still be looked up; less when its shard has settled more
  /// later ones than `node_options::settled_tasks_max`.
  duration retention{3'600'000};

  friend bool operator==(const task_spec&, const task_spec&) = default;
};

/// What to change about a task that waits; what is absent stays.
struct task_change {
  std::optional<instant> due{};
  /// Makes it due this long after the present, by the shard's clock; 0: at once. Not with `due`.
  std::optional<duration> delay{};
  std::optional<std::int32_t> priority{}; ///< -100 to 100
  std::optional<std::string> payload{};
  /// Its key stays in the queue to which it was submitted. Not a queue of greater durability than
  /// the task has.
  std::optional<std::string> queue{};

  friend bool operator==(const task_change&, const task_change&) = default;
};

/// A recurring schedule: submits `task` whenever `when` is due.
struct schedule_spec {
  std::string name{}; ///< unique; 1 to 200 characters
  cron_spec when{};
  misfire_policy misfire = misfire_policy::run_once;
  overlap_policy overlap = overlap_policy::allow;
  std::uint32_t catch_up_max = 10; ///< with `misfire_policy::run_all`
  duration jitter{0};              ///< each run is delayed by up to this
  task_spec task{}; ///< without `key`, `start_by`, `complete_by`; `due` and `delay` ignored

  friend bool operator==(const schedule_spec&, const schedule_spec&) = default;
};

/// What to change about a schedule; what is absent stays.
struct schedule_change {
  std::optional<std::string> line{}; ///< of its `cron_spec`, as `zone`
  std::optional<std::string> zone{};
  std::optional<std::string> queue{};     ///< of its tasks, as `priority`
  std::optional<std::int32_t> priority{}; ///< -100 to 100
};

/// What is known of one task.
struct task_info {
  task_id id{};
  std::string kind{};
  std::string queue{};
  std::int32_t priority = 0;
  task_state state = task_state::scheduled;
  instant accepted_at{};
  instant due{};
  /// When the handler began, in the latest attempt of which the worker has said so.
  std::optional<instant> started_at{};
  std::optional<instant> settled_at{};
  std::optional<instant> start_by{};
  std::optional<instant> complete_by{};
  /// How long the handler ran in the latest attempt that has ended; nothing: its worker was lost.
  std::optional<duration> ran{};
  std::uint32_t attempt = 0; ///< attempts so far, a reserved one included; without snoozed ones
  std::uint32_t attempts_max = 0;
  std::uint32_t crashes = 0;
  fencing_token token{};
  session_id session{}; ///< of the worker that runs it or has it reserved
  std::string key{};
  std::string schedule{};   ///< the schedule that submitted it, if one did
  std::string last_error{}; ///< of the latest failed attempt
  /// Of the two failed attempts before it, the earlier first; of each the first 1 KiB. Empty in
  /// lists.
  std::vector<std::string> earlier_errors{};
  std::string output{};   ///< what the handler returned
  std::string progress{}; ///< what the handler last reported
  std::string payload{};
  /// Time limit of one attempt; 0: none. Only `task_client::get` sets this and the fields below.
  duration timeout{0};
  std::optional<retry_policy> retry{};
  std::string worker{}; ///< the name of the worker of `session`; empty: it is not connected

  friend bool operator==(const task_info&, const task_info&) = default;
};

} // namespace belfry
