#pragma once

#include "belfry/task.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace belfry {

/// What can happen to a task, a queue or a schedule: the only thing a shard's journal stores.
/// Applying the same events in the same order always gives the same ledger.
///
/// Coming due is not an event, nor is being forgotten: both follow from these and the time.

struct task_submitted {
  task_id id;
  instant at{};
  instant due{};
  task_spec spec;
  std::string schedule; ///< the schedule that asked for it; empty: a client did
};

struct task_started {
  task_id id;
  instant at{};
  fencing_token token;
  session_id session;
};

struct task_succeeded {
  task_id id;
  instant at{};
  std::string output;
};

struct task_failed {
  task_id id;
  instant at{};
  std::string error;
  bool is_crash = false;
  std::optional<instant> retry_at; ///< nothing: the task is dead
};

struct task_snoozed {
  task_id id;
  instant at{};
  instant until{};
};

struct cancel_asked {
  task_id id;
  instant at{};
};

struct task_cancelled {
  task_id id;
  instant at{};
};

struct task_expired {
  task_id id;
  instant at{};
};

struct task_requeued {
  task_id id;
  instant at{};
};

/// What became of one task of a client's batch.
struct submit_outcome {
  task_id id; ///< 0: refused
  bool is_duplicate = false;
  std::optional<failure> refusal;

  friend bool operator==(const submit_outcome&, const submit_outcome&) = default;
};

struct batch_accepted {
  client_id client;
  std::uint64_t sequence = 0;
  instant at{};
  std::vector<submit_outcome> outcomes;
};

struct queue_set {
  std::string queue;
  bool is_paused = false;
  std::uint32_t weight = 1;
  durability level = durability::durable;
};

struct schedule_put {
  schedule_spec spec;
  instant at{};
};

struct schedule_removed {
  std::string name;
};

struct schedule_fired {
  std::string name;
  instant nominal{};
  task_id task; ///< 0: this run was left out
};

using event =
    std::variant<task_submitted, task_started, task_succeeded, task_failed, task_snoozed,
                 cancel_asked, task_cancelled, task_expired, task_requeued, batch_accepted,
                 queue_set, schedule_put, schedule_removed, schedule_fired>;

/// Where a ledger's decisions go before they take effect.
class event_sink {
public:
  virtual ~event_sink() = default;

  /// Writes `what` behind the events recorded so far. `level` says how sure the sink must be of
  /// it before anybody outside hears of its consequences.
  virtual void record(const event& what, durability level) = 0;
};

} // namespace belfry
