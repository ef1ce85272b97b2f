#include "journal/memory_membership.hpp"

#include "belfry/contract.hpp"

#include <utility>

namespace belfry {

memory_membership::memory_membership(std::shared_ptr<memory_disk> disk, options with)
    : disk_(std::move(disk)), options_(std::move(with)) {
  expects(options_.now != nullptr, "memory_membership: has a clock");
}

storage_status memory_membership::join(const member& self) {
  if (auto how = check_reachable(); !how.ok())
    return how;
  std::erase_if(disk_->members_, [&](const auto& entry) {
    const auto& one = entry.second;
    const bool is_former = one.machine == self.machine && one.host == self.host &&
                           one.port == self.port && one.id != self.id;
    if (is_former)
      release_shards_of(one.id);
    return is_former;
  });
  disk_->members_[self.id] = self;
  return {};
}

storage_status memory_membership::heartbeat(member_id self, bool& is_member) {
  if (auto how = check_reachable(); !how.ok())
    return how;
  const auto found = disk_->members_.find(self);
  is_member = found != disk_->members_.end();
  if (is_member)
    ++found->second.heartbeats;
  return {};
}

storage_status memory_membership::read_view(cluster_view& view) {
  if (auto how = check_reachable(); !how.ok())
    return how;
  view = {};
  view.now = options_.now();
  for (const auto& [id, one] : disk_->members_)
    view.members.push_back(one);
  for (std::uint16_t shard = 0; shard < options_.shards; ++shard)
    view.assignments.push_back(
        {{shard}, disk_->owners_[{shard}], disk_->current_[shard_id{shard}].epoch});
  return {};
}

storage_status memory_membership::claim(member_id self,
                                        std::span<const shard_assignment> assignments,
                                        std::vector<shard_id>& claimed) {
  if (auto how = check_reachable(); !how.ok())
    return how;
  if (!disk_->members_.contains(self))
    return {};
  for (const auto& one : assignments) {
    auto& owner = disk_->owners_[one.shard];
    if (owner != one.owner)
      continue;
    owner = self;
    claimed.push_back(one.shard);
  }
  return {};
}

storage_status memory_membership::release(member_id self, std::span<const shard_id> shards) {
  if (auto how = check_reachable(); !how.ok())
    return how;
  for (const auto shard : shards)
    if (auto& owner = disk_->owners_[shard]; owner == self)
      owner = {};
  return {};
}

storage_status memory_membership::evict(member_id dead, std::uint64_t heartbeats) {
  if (auto how = check_reachable(); !how.ok())
    return how;
  const auto found = disk_->members_.find(dead);
  if (found != disk_->members_.end() && found->second.heartbeats == heartbeats)
    disk_->members_.erase(found);
  return {};
}

storage_status memory_membership::leave(member_id self) {
  if (auto how = check_reachable(); !how.ok())
    return how;
  release_shards_of(self);
  disk_->members_.erase(self);
  return {};
}

storage_status memory_membership::set_draining(const std::string& name, bool is_draining,
                                               std::size_t& found) {
  if (auto how = check_reachable(); !how.ok())
    return how;
  found = 0;
  for (auto& [id, one] : disk_->members_) {
    if (one.name != name)
      continue;
    one.is_draining = is_draining;
    ++found;
  }
  return {};
}

storage_status memory_membership::check_reachable() const {
  if (disk_->is_unreachable_ || (options_.is_partitioned && options_.is_partitioned()))
    return {storage_code::unavailable, "memory disk: cannot be reached"};
  return {};
}

void memory_membership::release_shards_of(member_id one) {
  for (auto& [shard, owner] : disk_->owners_)
    if (owner == one)
      owner = {};
}

} // namespace belfry
