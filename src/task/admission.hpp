#pragma once

#include "belfry/priority.hpp"
#include "belfry/time.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>

namespace belfry {

/// What a shard may have on its hands before it takes no more new work of any class.
struct admission_limits {
  std::size_t pending_bytes_max = 0; ///< of new tasks that are not written yet
  std::size_t tasks_max = 0;         ///< that it holds
};

/// What a shard has on its hands.
struct shard_load {
  std::size_t pending_bytes = 0;
  std::size_t tasks = 0;
};

/// New work is refused for now.
struct admission_refusal {
  std::string reason;     ///< goes on from the shard's name
  duration retry_after{}; ///< a turn of its own
};

/// Decides whether a shard takes new work, and when what it refuses may come again.
///
/// The lower classes are refused first: low ones from half of a limit on, normal ones from three
/// quarters, high ones at the limit. So a flood of one class always leaves room for those above it.
///
/// What is refused gets turns, one after the other, so that the pause grows with the number of
/// those who wait for room, and they do not all come back at once. Each class has turns of its own:
/// a high one does not stand in line behind low ones.
///
/// Owned by one shard; not thread-safe. Never asks for the time: the caller brings it.
class admission {
public:
  static constexpr duration retry_after_min{100};
  static constexpr duration retry_after_max{5'000};
  static constexpr duration retry_spacing{10};

  explicit admission(admission_limits limits) : limits_(limits) {}

  /// Whether work of this class is refused now; nothing: it is taken.
  [[nodiscard]] std::optional<admission_refusal> refusal_for(priority_class what,
                                                             const shard_load& load, instant now);

private:
  [[nodiscard]] duration next_retry_delay(priority_class what, instant now);

  const admission_limits limits_;
  std::array<instant, priority_class_count> latest_retries_{}; // The last one given.
};

} // namespace belfry
