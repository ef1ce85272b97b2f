#pragma once

#include "belfry/failure.hpp"
#include "belfry/task.hpp"
#include "metrics/duration_histogram.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace belfry {

/// How an attempt ended.
enum class attempt_outcome : std::uint8_t {
  succeeded,
  failed,      ///< its handler said so
  snoozed,     ///< its handler asked to be called again later
  timed_out,   ///< beyond its time limit
  worker_lost, ///< the lease of its worker expired
  crashed,     ///< its handler or its worker ended without an outcome
  cancelled,
};
inline constexpr std::size_t attempt_outcome_count = 7;

/// `succeeded`, `timed_out`, …
[[nodiscard]] std::string_view to_string(attempt_outcome outcome);

/// What has happened to the tasks of one kind in one queue.
struct event_counts {
  std::uint64_t submitted = 0;                                 ///< accepted; of schedules, too
  std::uint64_t started = 0;                                   ///< calls of a handler
  std::array<std::uint64_t, attempt_outcome_count> attempts{}; ///< ended, by outcome
  std::array<std::uint64_t, task_states.size() + 1> settled{}; ///< by number of the `task_state`
  duration_histogram start_delay;  ///< from the instant that a task is due to the call
  duration_histogram attempt_time; ///< how long handlers ran, where workers say so

  event_counts& operator+=(const event_counts& more);
};

/// What a shard has counted since its process started. A restarted shard goes on with the counters
/// of its previous incarnation, so that no counter ever decreases.
///
/// The number of names is bounded: beyond it, tasks are counted under `other`. Used by the thread
/// that runs the shard, no other; copies go elsewhere.
class task_counters {
public:
  using name = std::pair<std::string, std::string>; ///< queue and kind
  static constexpr std::size_t names_max = 200;
  static constexpr auto other = "other";

  /// The counts of this queue and kind, which begin at 0. The reference stays valid. O(log n).
  event_counts& at(const std::string& queue, const std::string& kind);
  [[nodiscard]] const std::map<name, event_counts>& all() const { return counts_; }

  void count_stale_outcome() { ++stale_outcomes_; }
  void count_refused_batch(errc reason) { ++refused_batches_[reason]; }
  /// Outcomes of attempts that were not the live ones of their tasks.
  [[nodiscard]] std::uint64_t stale_outcomes() const { return stale_outcomes_; }
  /// Batches of submits that clients had to repeat.
  [[nodiscard]] const std::map<errc, std::uint64_t>& refused_batches() const {
    return refused_batches_;
  }

private:
  std::map<name, event_counts> counts_;
  std::map<errc, std::uint64_t> refused_batches_;
  std::uint64_t stale_outcomes_ = 0;
};

} // namespace belfry
