#include "journal/memory_membership.hpp"

#include "belfry/contract.hpp"

#include <utility>

namespace belfry {

memory_membership::memory_membership(std::shared_ptr<memory_disk> disk, options settings)
    : disk_(std::move(disk)), options_(std::move(settings)) {
  expects(options_.now != nullptr, "memory_membership: has a clock");
}

storage_status memory_membership::join(const member& self) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  std::erase_if(disk_->members_, [&](const auto& entry) {
    const auto& known = entry.second;
    const bool is_previous = known.machine == self.machine && known.host == self.host &&
                             known.port == self.port && known.id != self.id;
    if (is_previous)
      release_shards_of(known.id);
    return is_previous;
  });
  disk_->members_[self.id] = self;
  return {};
}

storage_status memory_membership::heartbeat(member_id self, bool& is_member) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  const auto found = disk_->members_.find(self);
  is_member = found != disk_->members_.end();
  if (is_member)
    ++found->second.heartbeats;
  return {};
}

storage_status memory_membership::read_view(cluster_view& view) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  view = {};
  view.now = options_.now();
  for (const auto& [id, known] : disk_->members_)
    view.members.push_back(known);
  for (std::uint16_t shard = 0; shard < options_.shards; ++shard)
    view.assignments.push_back(
        {{shard}, disk_->owners_[{shard}], disk_->current_[shard_id{shard}].epoch});
  return {};
}

storage_status memory_membership::claim(member_id self,
                                        std::span<const shard_assignment> assignments,
                                        std::vector<shard_id>& claimed) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  if (!disk_->members_.contains(self))
    return {};
  for (const auto& assignment : assignments) {
    auto& owner = disk_->owners_[assignment.shard];
    if (owner != assignment.owner)
      continue;
    owner = self;
    claimed.push_back(assignment.shard);
  }
  return {};
}

storage_status memory_membership::release(member_id self, std::span<const shard_id> shards) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  for (const auto shard : shards)
    if (auto& owner = disk_->owners_[shard]; owner == self)
      owner = {};
  return {};
}

storage_status memory_membership::evict(member_id dead, std::uint64_t heartbeats) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  const auto found = disk_->members_.find(dead);
  if (found != disk_->members_.end() && found->second.heartbeats == heartbeats)
    disk_->members_.erase(found);
  return {};
}

storage_status memory_membership::leave(member_id self) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  release_shards_of(self);
  disk_->members_.erase(self);
  return {};
}

storage_status memory_membership::set_draining(const std::string& name, bool is_draining,
                                               std::size_t& found) {
  if (auto status = check_reachable(); !status.ok())
    return status;
  found = 0;
  for (auto& [id, known] : disk_->members_) {
    if (known.name != name)
      continue;
    known.is_draining = is_draining;
    ++found;
  }
  return {};
}

storage_status memory_membership::check_reachable() const {
  if (disk_->is_unreachable_ || (options_.is_partitioned && options_.is_partitioned()))
    return {storage_code::unavailable, "memory disk: cannot be reached"};
  return {};
}

void memory_membership::release_shards_of(member_id former_owner) {
  for (auto& [shard, owner] : disk_->owners_)
    if (owner == former_owner)
      owner = {};
}

} // namespace belfry
