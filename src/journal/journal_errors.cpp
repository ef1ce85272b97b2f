#include "journal/journal_errors.hpp"

namespace belfry {

namespace {

std::string name(shard_id shard) {
  return "shard " + std::to_string(shard.value);
}

} // namespace

storage_status fenced_by_epoch(shard_id shard, std::uint64_t epoch, std::uint64_t current) {
  return {storage_code::fenced, name(shard) + ": epoch " + std::to_string(epoch) +
                                    " is not the owner's, which is " + std::to_string(current)};
}

storage_status fenced_by_assignment(shard_id shard) {
  return {storage_code::fenced,
          name(shard) + " cannot be acquired: it is assigned to another node"};
}

storage_status fenced_by_head(const append_batch& batch, std::uint64_t head) {
  return {storage_code::fenced, name(batch.shard) + ": event " + std::to_string(batch.first) +
                                    " is not the next, which is " + std::to_string(head)};
}

storage_status damaged_batch(shard_id shard, std::uint64_t first) {
  return {storage_code::corrupt, name(shard) + ": the batch that begins with event " +
                                     std::to_string(first) +
                                     " is damaged (its checksum or its position is wrong)"};
}

storage_status missing_events(shard_id shard, std::uint64_t expected, std::uint64_t found) {
  return {storage_code::corrupt, name(shard) + ": event " + std::to_string(expected) +
                                     " is missing; the next one found is " + std::to_string(found)};
}

storage_status journal_too_short(shard_id shard, std::uint64_t head, std::uint64_t expected) {
  return {storage_code::corrupt, name(shard) + ": the journal ends before event " +
                                     std::to_string(head) + ", but it must reach " +
                                     std::to_string(expected)};
}

storage_status damaged_object(shard_id shard, const std::string& key) {
  return {storage_code::corrupt, name(shard) + ": object '" + key + "' is damaged"};
}

storage_status damaged_shard(shard_id shard) {
  return {storage_code::corrupt, name(shard) + ": its stored epoch and head are damaged"};
}

storage_status missing_object(shard_id shard, const std::string& key) {
  return {storage_code::corrupt, name(shard) + ": object '" + key + "' does not exist"};
}

} // namespace belfry
