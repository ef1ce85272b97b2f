#pragma once

#include "belfry/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry {

/// The port of a node, unless its options name another.
inline constexpr std::uint16_t default_port = 4100;

/// The address of a node.
struct node_address {
  std::string host{}; ///< a name or an address
  std::uint16_t port = 0;

  friend bool operator==(const node_address&, const node_address&) = default;
};

/// `tower:4100`, `[::1]:4100`.
std::string to_string(const node_address& address);

/// Limits of what may be submitted, checked before a task is accepted.
struct submit_limits {
  std::size_t payload_bytes_max = 256 * 1024; ///< more belongs in an object store
  std::size_t name_bytes_max = 100;           ///< kind and queue
  std::size_t key_bytes_max = 200;
  duration due_age_max{std::chrono::hours{24 * 366}};  ///< an earlier due instant is refused
  duration horizon{std::chrono::hours{24 * 366 * 10}}; ///< a later one too; longest duration
  /// Per shard, at least 2048; beyond it new work is refused.
  std::size_t open_tasks_max = 20'000'000;
};

/// The most bytes that an attempt may save for the next one.
inline constexpr std::size_t saved_progress_bytes_max = 4 * 1024;

/// How a shard treats the workers it grants runs to.
struct run_limits {
  duration lease{10'000};                   ///< a session expires after this long without heartbeat
  duration timeout_grace{15'000};           ///< how long a shard waits beyond a task's time limit
  std::size_t output_bytes_max = 64 * 1024; ///< of a result or an error; the remainder is cut off
};

} // namespace belfry
