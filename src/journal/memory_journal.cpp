#include "journal/memory_journal.hpp"

#include "belfry/contract.hpp"
#include "journal/batch_check.hpp"
#include "journal/frame.hpp"
#include "journal/journal_texts.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

status in_doubt() {
  return {outcome_code::in_doubt, "memory disk: no answer came"};
}

} // namespace

memory_journal::memory_journal(std::shared_ptr<memory_disk> disk, options with)
    : disk_(std::move(disk)), options_(std::move(with)), crashes_(disk_->crashes_) {}

status memory_journal::acquire(shard_id shard, owned& now) {
  if (auto how = usable(); !how.ok())
    return how;
  if (options_.owner && disk_->owners_[shard] != options_.owner)
    return fenced_by_seat(shard);
  disk_->apply([shard](memory_disk::image& all) { ++all[shard].epoch; });
  if (auto how = sync(); !how.ok())
    return how;
  now = {.epoch = image_of(shard).epoch, .head = image_of(shard).head};
  return {};
}

std::vector<status> memory_journal::write(std::span<const append_batch> batches) {
  std::vector<status> results;
  for (const auto& batch : batches)
    results.push_back(write_one(batch));
  return results;
}

status memory_journal::sync() {
  if (auto how = intact(); !how.ok())
    return how;
  is_poisoned_ = !disk_->sync();
  return intact();
}

status memory_journal::read(shard_id shard, std::uint64_t from,
                            const std::function<bool(const record&)>& each) {
  if (auto how = usable(); !how.ok())
    return how;
  const auto& image = image_of(shard);
  const auto head = image.head; // `each` may write.
  if (from > head)
    return journal_too_short(shard, head, from);
  if (from == head)
    return {};
  batch_check check(shard, from);
  auto next = image.records.upper_bound(from);
  if (next != image.records.begin())
    --next;
  for (record held; next != image.records.end() && next->first < head;) {
    const auto [first, framed] = *next; // Shared, because `each` may drop it.
    if (auto how = check.accept(first, *framed, held); !how.ok())
      return how;
    if (!each(held))
      return {};
    next = image.records.upper_bound(first);
  }
  return check.finish(head);
}

status memory_journal::put(shard_id shard, std::uint64_t epoch, std::span<const object> objects) {
  if (auto how = may_write(shard, epoch); !how.ok())
    return how;
  std::map<std::string, memory_disk::blob> framed;
  for (const auto& one : objects) {
    expects(one.bytes.size() <= object_bytes_max, "journal::put: an object is at most 1 MiB");
    expects(!image_of(shard).live.contains(one.key), "journal::put: a live object never changes");
    framed[one.key] = std::make_shared<const std::string>(frame_object(shard, epoch, one));
  }
  disk_->apply([shard, framed](memory_disk::image& all) {
    for (const auto& [key, bytes] : framed)
      all[shard].objects[key] = bytes;
  });
  return {};
}

status memory_journal::list(shard_id shard, const std::string& prefix,
                            std::vector<std::string>& keys) {
  if (auto how = usable(); !how.ok())
    return how;
  keys.clear();
  const auto& objects = image_of(shard).objects;
  for (auto at = objects.lower_bound(prefix); at != objects.end(); ++at) {
    if (!at->first.starts_with(prefix))
      break;
    keys.push_back(at->first);
  }
  return {};
}

status memory_journal::get(shard_id shard, const std::string& key, std::string& bytes) {
  if (auto how = usable(); !how.ok())
    return how;
  const auto& objects = image_of(shard).objects;
  const auto found = objects.find(key);
  if (found == objects.end())
    return missing_object(shard, key);
  const auto held = unframe_object(shard, key, *found->second);
  if (!held)
    return damaged_object(shard, key);
  bytes = *held;
  return {};
}

status memory_journal::commit_snapshot(shard_id shard, std::uint64_t epoch, std::uint64_t upto,
                                       std::span<const std::string> live_keys) {
  // Not refused while the disk is full: a snapshot is what makes room.
  if (auto how = usable(); !how.ok())
    return how;
  const auto& image = image_of(shard);
  if (epoch != image.epoch)
    return fenced_by_epoch(shard, epoch, image.epoch);
  expects(upto <= image.head && upto >= image.snapshot,
          "journal::commit_snapshot: between the previous snapshot and the head");
  for (const auto& key : live_keys)
    if (!image.objects.contains(key))
      return missing_object(shard, key);
  const std::set<std::string> live(live_keys.begin(), live_keys.end());
  disk_->apply([shard, upto, live](memory_disk::image& all) {
    auto& changed = all[shard];
    changed.snapshot = upto;
    changed.live = live;
    std::erase_if(changed.objects, [&](const auto& entry) { return !live.contains(entry.first); });
    // The batch that holds `upto` stays, even if it begins before.
    auto holder = changed.records.upper_bound(upto);
    if (holder != changed.records.begin() && upto < changed.head)
      --holder;
    changed.records.erase(changed.records.begin(), holder);
  });
  return sync();
}

status memory_journal::snapshot_position(shard_id shard, std::uint64_t& upto) {
  if (auto how = usable(); !how.ok())
    return how;
  upto = image_of(shard).snapshot;
  return {};
}

status memory_journal::usable() const {
  if (disk_->is_away_ || (options_.is_cut_off && options_.is_cut_off()))
    return {outcome_code::unavailable, "memory disk: cannot be reached"};
  return intact();
}

status memory_journal::intact() const {
  if (is_poisoned_ || crashes_ != disk_->crashes_)
    return {outcome_code::io_error,
            "memory disk: a sync failed or the power was cut; open it anew"};
  return {};
}

status memory_journal::may_write(shard_id shard, std::uint64_t epoch) const {
  if (auto how = usable(); !how.ok())
    return how;
  if (const auto current = image_of(shard).epoch; epoch != current)
    return fenced_by_epoch(shard, epoch, current);
  if (disk_->is_full_)
    return {outcome_code::no_space, "memory disk: full"};
  return {};
}

const memory_disk::shard_image& memory_journal::image_of(shard_id shard) const {
  return disk_->now_[shard];
}

status memory_journal::write_one(const append_batch& batch) {
  expects(batch.count > 0, "journal::write: a batch holds at least one event");
  if (auto how = may_write(batch.shard, batch.epoch); !how.ok())
    return how;
  if (const auto head = image_of(batch.shard).head; batch.first != head)
    return fenced_by_head(batch, head);
  const auto doubt = std::exchange(disk_->doubt_, std::nullopt);
  if (doubt == false)
    return in_doubt();
  auto framed = std::make_shared<const std::string>(frame_record(batch));
  disk_->apply([shard = batch.shard, first = batch.first, next = batch.first + batch.count,
                framed = std::move(framed)](memory_disk::image& all) {
    auto& changed = all[shard];
    changed.records[first] = framed;
    changed.head = next;
  });
  return doubt ? in_doubt() : status{};
}

} // namespace belfry
