#pragma once

#include "journal/journal.hpp"

namespace belfry {

// Statuses whose texts are the same for all engines.

[[nodiscard]] storage_status fenced_by_epoch(shard_id shard, std::uint64_t epoch,
                                             std::uint64_t current);
[[nodiscard]] storage_status fenced_by_assignment(shard_id shard);
[[nodiscard]] storage_status fenced_by_head(const append_batch& batch, std::uint64_t head);
[[nodiscard]] storage_status damaged_batch(shard_id shard, std::uint64_t first);
[[nodiscard]] storage_status missing_events(shard_id shard, std::uint64_t expected,
                                            std::uint64_t found);
[[nodiscard]] storage_status journal_too_short(shard_id shard, std::uint64_t head,
                                               std::uint64_t expected);
[[nodiscard]] storage_status damaged_object(shard_id shard, const std::string& key);
[[nodiscard]] storage_status damaged_shard(shard_id shard);
[[nodiscard]] storage_status missing_object(shard_id shard, const std::string& key);

} // namespace belfry
