#pragma once

#include "journal/journal.hpp"

namespace belfry {

// What engines say alike.

[[nodiscard]] status fenced_by_epoch(shard_id shard, std::uint64_t epoch, std::uint64_t current);
[[nodiscard]] status fenced_by_seat(shard_id shard);
[[nodiscard]] status fenced_by_head(const append_batch& batch, std::uint64_t head);
[[nodiscard]] status damaged_record(shard_id shard, std::uint64_t first);
[[nodiscard]] status missing_records(shard_id shard, std::uint64_t expected, std::uint64_t found);
[[nodiscard]] status journal_too_short(shard_id shard, std::uint64_t head, std::uint64_t expected);
[[nodiscard]] status damaged_object(shard_id shard, const std::string& key);
[[nodiscard]] status damaged_shard(shard_id shard);
[[nodiscard]] status missing_object(shard_id shard, const std::string& key);

} // namespace belfry
