#pragma once

#include "belfry/priority.hpp"
#include "belfry/time.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>

namespace belfry {

/// The load from which on a shard accepts no new work of any class.
struct load_limits {
  std::size_t pending_bytes_max = 0; ///< of new tasks that are not written to the journal yet
  std::size_t tasks_max = 0;         ///< held by the shard
};

/// The present load of a shard.
struct shard_load {
  std::size_t pending_bytes = 0;
  std::size_t tasks = 0;
};

/// New work is refused for now.
struct load_refusal {
  std::string reason;     ///< continues a sentence that begins with the shard's name
  duration retry_after{}; ///< differs for each refused batch
};

/// Load shedding: decides whether a shard accepts new work, and when a client may retry work
/// that is refused.
///
/// The lower classes are refused first: low ones from half of a limit on, normal ones from three
/// quarters, high ones at the limit. So a flood of one class leaves capacity for the classes above.
///
/// Refused batches are told to retry one after the other, so that the pause grows with the number
/// of waiting batches and they do not all come back at once. Each class has its own sequence: high
/// priorities do not wait behind low ones.
///
/// Owned by one shard; not thread-safe. The caller passes the time.
class load_shedding {
public:
  static constexpr duration retry_after_min{100};
  static constexpr duration retry_after_max{5'000};
  static constexpr duration retry_spacing{10};

  explicit load_shedding(load_limits limits) : limits_(limits) {}

  /// The refusal of work of this class at `now`; nothing: the work is accepted.
  [[nodiscard]] std::optional<load_refusal> refusal_for(priority_class priority,
                                                        const shard_load& load, instant now);

private:
  [[nodiscard]] duration next_retry_delay(priority_class priority, instant now);

  const load_limits limits_;
  std::array<instant, priority_class_count> latest_retries_{}; // The last that was given, by class.
};

} // namespace belfry
