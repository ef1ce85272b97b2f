#include "journal/memory_journal.hpp"

#include "belfry/contract.hpp"
#include "journal/batch_validator.hpp"
#include "journal/frame.hpp"
#include "journal/journal_errors.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

storage_status in_doubt() {
  return {storage_code::in_doubt, "memory disk: no answer came"};
}

} // namespace

memory_journal::memory_journal(std::shared_ptr<memory_disk> disk, options settings)
    : disk_(std::move(disk)), options_(std::move(settings)), crashes_(disk_->crashes_) {}

storage_status memory_journal::acquire(shard_id shard, std::uint64_t epoch_min,
                                       shard_ownership& ownership) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  if (options_.owner && disk_->owners_[shard] != options_.owner)
    return fenced_by_assignment(shard);
  disk_->apply([shard, epoch_min](memory_disk::image& all) {
    auto& epoch = all[shard].epoch;
    epoch = std::max(epoch + 1, epoch_min);
  });
  if (auto status = sync(); !status.ok())
    return status;
  ownership = {.epoch = image_of(shard).epoch, .head = image_of(shard).head};
  return {};
}

std::vector<storage_status> memory_journal::write(std::span<const append_batch> batches) {
  std::vector<storage_status> results;
  for (const auto& batch : batches)
    results.push_back(write_batch(batch));
  return results;
}

storage_status memory_journal::sync() {
  if (auto status = check_intact(); !status.ok())
    return status;
  is_poisoned_ = !disk_->sync();
  return check_intact();
}

storage_status memory_journal::read(shard_id shard, std::uint64_t first_event,
                                    const std::function<bool(const stored_batch&)>& visit) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  const auto& image = image_of(shard);
  const auto head = image.head; // `visit` may write.
  if (first_event > head)
    return journal_too_short(shard, head, first_event);
  if (first_event == head)
    return {};
  batch_validator validator(shard, first_event);
  auto next = image.records.upper_bound(first_event);
  if (next != image.records.begin())
    --next;
  for (stored_batch batch; next != image.records.end() && next->first < head;) {
    const auto [first, framed] = *next; // A copy, because `visit` may drop it.
    if (auto status = validator.validate(first, *framed, batch); !status.ok())
      return status;
    if (!visit(batch))
      return {};
    next = image.records.upper_bound(first);
  }
  return validator.finish(head);
}

storage_status memory_journal::put(shard_id shard, std::uint64_t epoch,
                                   std::span<const object> objects) {
  if (auto status = check_writable(shard, epoch); !status.ok())
    return status;
  std::map<std::string, memory_disk::blob> framed;
  for (const auto& added : objects) {
    expects(added.bytes.size() <= object_bytes_max, "journal::put: an object is at most 1 MiB");
    expects(!image_of(shard).live.contains(added.key), "journal::put: a live object never changes");
    framed[added.key] = std::make_shared<const std::string>(frame_object(shard, epoch, added));
  }
  disk_->apply([shard, framed](memory_disk::image& all) {
    for (const auto& [key, bytes] : framed)
      all[shard].objects[key] = bytes;
  });
  return {};
}

storage_status memory_journal::list(shard_id shard, const std::string& prefix,
                                    std::vector<std::string>& keys) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  keys.clear();
  const auto& objects = image_of(shard).objects;
  for (auto at = objects.lower_bound(prefix); at != objects.end(); ++at) {
    if (!at->first.starts_with(prefix))
      break;
    keys.push_back(at->first);
  }
  return {};
}

storage_status memory_journal::get(shard_id shard, const std::string& key, std::string& bytes) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  const auto& objects = image_of(shard).objects;
  const auto found = objects.find(key);
  if (found == objects.end())
    return missing_object(shard, key);
  const auto content = unframe_object(shard, key, *found->second);
  if (!content)
    return damaged_object(shard, key);
  bytes = *content;
  return {};
}

storage_status memory_journal::commit_snapshot(shard_id shard, std::uint64_t epoch,
                                               std::uint64_t position,
                                               std::span<const std::string> live_keys) {
  // Not refused while the disk is full: a snapshot frees space.
  if (auto status = check_reachable(); !status.ok())
    return status;
  const auto& image = image_of(shard);
  if (epoch != image.epoch)
    return fenced_by_epoch(shard, epoch, image.epoch);
  expects(position <= image.head && position >= image.snapshot,
          "journal::commit_snapshot: between the previous snapshot and the head");
  for (const auto& key : live_keys)
    if (!image.objects.contains(key))
      return missing_object(shard, key);
  const std::set<std::string> live(live_keys.begin(), live_keys.end());
  disk_->apply([shard, position, live](memory_disk::image& all) {
    auto& changed = all[shard];
    changed.snapshot = position;
    changed.live = live;
    std::erase_if(changed.objects, [&](const auto& entry) { return !live.contains(entry.first); });
    // The batch that holds `position` stays, even if it begins before.
    auto holder = changed.records.upper_bound(position);
    if (holder != changed.records.begin() && position < changed.head)
      --holder;
    changed.records.erase(changed.records.begin(), holder);
  });
  return sync();
}

storage_status memory_journal::snapshot_position(shard_id shard, std::uint64_t& position) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  position = image_of(shard).snapshot;
  return {};
}

storage_status memory_journal::check_reachable() const {
  if (disk_->is_unreachable_ || (options_.is_partitioned && options_.is_partitioned()))
    return {storage_code::unavailable, "memory disk: cannot be reached"};
  return check_intact();
}

storage_status memory_journal::check_intact() const {
  if (is_poisoned_ || crashes_ != disk_->crashes_)
    return {storage_code::io_error,
            "memory disk: a sync failed or the power was cut; open it again"};
  return {};
}

storage_status memory_journal::check_writable(shard_id shard, std::uint64_t epoch) const {
  if (auto status = check_reachable(); !status.ok())
    return status;
  if (const auto current = image_of(shard).epoch; epoch != current)
    return fenced_by_epoch(shard, epoch, current);
  if (disk_->is_full_)
    return {storage_code::no_space, "memory disk: full"};
  return {};
}

const memory_disk::shard_image& memory_journal::image_of(shard_id shard) const {
  return disk_->current_[shard];
}

storage_status memory_journal::write_batch(const append_batch& batch) {
  expects(batch.count > 0, "journal::write: a batch holds at least one event");
  if (auto status = check_writable(batch.shard, batch.epoch); !status.ok())
    return status;
  if (const auto head = image_of(batch.shard).head; batch.first != head)
    return fenced_by_head(batch, head);
  const auto doubt = std::exchange(disk_->in_doubt_write_, std::nullopt);
  if (doubt == false)
    return in_doubt();
  auto framed = std::make_shared<const std::string>(frame_batch(batch));
  disk_->apply([shard = batch.shard, first = batch.first, next = batch.first + batch.count,
                framed = std::move(framed)](memory_disk::image& all) {
    auto& changed = all[shard];
    changed.records[first] = framed;
    changed.head = next;
  });
  return doubt ? in_doubt() : storage_status{};
}

} // namespace belfry
