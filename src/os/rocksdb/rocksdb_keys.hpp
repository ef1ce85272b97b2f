#pragma once

#include "belfry/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry {

// The keys of the database. Numbers in keys are big-endian, so that bytes sort as numbers do.

/// The state of a shard beside its batches and objects.
struct stored_shard {
  std::uint64_t epoch = 0;
  std::uint64_t head = 1;     ///< at the time of writing: later batches may follow, none is missing
  std::uint64_t snapshot = 1; ///< the first event after the last snapshot
  std::uint64_t first_kept = 1; ///< the first event of the first batch that is not dropped

  friend bool operator==(const stored_shard&, const stored_shard&) = default;
};

/// In column family `journal`: the batch of `shard` that begins with event `first`.
[[nodiscard]] std::string batch_key(shard_id shard, std::uint64_t first);
[[nodiscard]] std::uint64_t first_in_batch_key(std::string_view key);

/// In column family `objects`: an object.
[[nodiscard]] std::string object_key(shard_id shard, std::string_view key);

/// In column family `meta`: the state of `shard`.
[[nodiscard]] std::string shard_key(shard_id shard);
[[nodiscard]] std::string shard_value(const stored_shard& shard);
[[nodiscard]] std::optional<stored_shard> parse_shard_value(std::string_view value);

/// In column family `meta`: that the object exists; the value says whether a snapshot lists it.
[[nodiscard]] std::string listing_key(shard_id shard, std::string_view key);
[[nodiscard]] std::string_view object_in_listing_key(std::string_view key);
inline constexpr std::string_view listed_as_uncommitted = "p";
inline constexpr std::string_view listed_as_live = "l";

} // namespace belfry
