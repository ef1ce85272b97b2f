#include "os/postgres/postgres_append_statement.hpp"

#include "journal/frame.hpp"

namespace belfry {

namespace {

/// Far below the server's limit of 1 GiB, above the size of a usual group of batches.
constexpr std::size_t append_bytes_max = 64 << 20;

} // namespace

bool postgres_append_statement::add(const append_batch& batch, std::size_t index) {
  const bool is_large = !chains_.empty() && bytes_ + batch.bytes.size() > append_bytes_max;
  auto known = chains_.find(batch.shard);
  const bool continues = known == chains_.end() || (known->second.epoch == batch.epoch &&
                                                    known->second.next_head == batch.first);
  if (is_large || !continues || waiting_.contains(batch.shard)) {
    waiting_.insert(batch.shard);
    return false;
  }
  if (known == chains_.end())
    known = chains_.emplace(batch.shard, chain{batch.epoch, batch.first, batch.first, {}}).first;
  known->second.next_head += batch.count;
  known->second.batch_indexes.push_back(index);
  bytes_ += batch.bytes.size();
  return true;
}

postgres_parameters
postgres_append_statement::parameters(std::span<const append_batch> group) const {
  auto shards = postgres_array::of_numbers(), epochs = shards, heads = shards, nexts = shards;
  auto owners = shards, firsts = shards, counts = shards, writers = shards;
  auto blobs = postgres_array::of_bytes();
  for (const auto& [shard, appended] : chains_) {
    shards.add(shard.value);
    epochs.add(appended.epoch);
    heads.add(appended.head);
    nexts.add(appended.next_head);
    for (const auto index : appended.batch_indexes) {
      const auto& batch = group[index];
      owners.add(shard.value);
      firsts.add(batch.first);
      counts.add(batch.count);
      writers.add(batch.epoch);
      blobs.add(frame_batch(batch));
    }
  }
  postgres_parameters all;
  for (auto* const array :
       {&shards, &epochs, &heads, &nexts, &owners, &firsts, &counts, &writers, &blobs})
    all.array(std::move(*array));
  return all;
}

} // namespace belfry
