#pragma once

#include "random/hash.hpp"

#include <cstdint>
#include <string_view>

namespace belfry::wire {

/// Which of `shard_count` shards keeps the idempotency key `key` of `queue`. Neither function may
/// ever change: existing data directories depend on them.
[[nodiscard]] constexpr std::uint32_t shard_of_key(std::string_view queue, std::string_view key,
                                                   std::uint32_t shard_count) {
  return static_cast<std::uint32_t>(fnv1a(key, fnv1a({"\0", 1}, fnv1a(queue))) % shard_count);
}

/// Which of `shard_count` shards keeps the schedule `name`.
[[nodiscard]] constexpr std::uint32_t shard_of_schedule(std::string_view name,
                                                        std::uint32_t shard_count) {
  return static_cast<std::uint32_t>(fnv1a(name) % shard_count);
}

} // namespace belfry::wire
