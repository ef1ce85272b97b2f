#pragma once

#include "belfry/task.hpp"
#include "task/fixed_bytes.hpp"
#include "time/timing_wheel.hpp"

#include <memory>
#include <optional>
#include <string>

namespace belfry {

/// What few tasks have; kept apart so that a plain waiting task stays small.
struct task_extra {
  retry_policy retry;
  std::optional<instant> start_by;
  std::string key;
  std::string schedule;
  std::string last_error;
  std::string output;
  std::string progress;
};

/// All that a shard remembers of one task.
struct task_record {
  // Follows from the journal.
  task_id id;
  instant accepted_at{};
  instant due{};
  instant changed_at{}; ///< started at while running, settled at once settled
  fencing_token token;  ///< of the latest attempt
  duration timeout{0};
  duration retention{0};
  std::unique_ptr<task_extra> extra;
  [[no_unique_address]] fixed_bytes payload; // Its last four bytes are free for what follows.
  std::uint32_t queue = 0;                   ///< index of the queue's name
  std::uint32_t kind = 0;                    ///< index of the kind's name
  std::uint16_t attempt = 0;
  std::uint16_t crashes = 0;
  std::int8_t priority = 0;
  task_state state = task_state::scheduled;
  durability level : 2 = durability::durable;
  bool is_cancel_asked : 1 = false;
  bool was_started : 1 = false;
  bool was_started_before : 1 = false; ///< the latest attempt; counts if that one never began
  bool was_requeued : 1 = false;       ///< and has not died since
  std::uint32_t started_ms_ago = 0; ///< when the latest attempt did, counted back from changed_at

  // Bookkeeping, made anew after a restart.
  timer_handle timer;
  std::uint32_t session = 0; ///< index of the worker session that runs it; 0: none
  /// While ready: which of its entries in the ready lane is the valid one. While running: where it
  /// is in its session's list.
  std::uint32_t place = 0;

  /// The extra part, made if there is none.
  task_extra& more() {
    if (!extra)
      extra = std::make_unique<task_extra>();
    return *extra;
  }
  /// When the latest attempt must begin; nothing if an earlier one has begun.
  [[nodiscard]] std::optional<instant> begin_by() const {
    return extra && !was_started_before ? extra->start_by : std::nullopt;
  }
  [[nodiscard]] const retry_policy& retry() const {
    static const retry_policy usual;
    return extra ? extra->retry : usual;
  }
};

// There may be millions.
static_assert(sizeof(task_record) <= 112);

} // namespace belfry
