#pragma once

#include "journal/journal.hpp"
#include "os/postgres/postgres_values.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <vector>

namespace belfry {

/// The batches that one statement appends: one chain per shard, in which each batch begins where
/// the previous one ends. The shard's epoch and head fence the first batch, and with it the whole
/// chain.
class postgres_append_statement {
public:
  struct chain {
    std::uint64_t epoch = 0;
    std::uint64_t head = 0;                 ///< the head that the shard must have
    std::uint64_t next_head = 0;            ///< the head that it gets
    std::vector<std::size_t> batch_indexes; ///< in the group of batches; at least one
  };

  /// Adds the batch number `index` of its group. Returns false if it must wait for another
  /// statement: because it does not continue its shard's chain, an earlier batch of its shard waits
  /// already, or this statement is large enough. Requires: batches are added in write order.
  [[nodiscard]] bool add(const append_batch& batch, std::size_t index);

  [[nodiscard]] const std::map<shard_id, chain>& chains() const { return chains_; }

  /// The parameters of `append_chains`: shards, their epochs, heads and next heads; then shards,
  /// first events, counts, epochs and framed bytes of the batches. `group` is what indexes refer
  /// to.
  [[nodiscard]] postgres_parameters parameters(std::span<const append_batch> group) const;

private:
  std::map<shard_id, chain> chains_;
  std::set<shard_id> waiting_; // Shards with a batch that waits.
  std::size_t bytes_ = 0;
};

} // namespace belfry
