#include "dispatch/worker_pool.hpp"

#include <algorithm>

namespace belfry {

namespace {

void sort_unique(std::vector<name_index>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

} // namespace

bool worker_pool::worker_group::runs(name_index kind) const {
  return std::binary_search(kinds.begin(), kinds.end(), kind);
}

bool worker_pool::worker_group::takes_from(name_index queue_index) const {
  return queues.empty() || std::binary_search(queues.begin(), queues.end(), queue_index);
}

worker_pool::worker& worker_pool::upsert(session_id session, std::vector<name_index> kinds,
                                         std::vector<name_index> queues, std::uint32_t slots) {
  sort_unique(kinds);
  sort_unique(queues);
  const auto known = workers_.find(session);
  const auto before = known == workers_.end() ? worker{} : known->second;
  remove(session);
  const auto [found, is_new] = worker_groups_.try_emplace({kinds, queues});
  auto& group = found->second;
  if (is_new) {
    group.number = next_group_++;
    group.kinds = std::move(kinds);
    group.queues = std::move(queues);
  }
  ++group.worker_count;
  auto& updated = workers_[session];
  updated = before;
  updated.group = &group;
  updated.rank = {.free = 0, .free_slots = 0, .slots = std::max(slots, 1U), .session = session};
  if (updated.connection == 0)
    updated.connection = next_connection_++;
  return updated;
}

void worker_pool::remove(session_id session) {
  const auto found = workers_.find(session);
  if (found == workers_.end())
    return;
  set_free_credit(found->second, 0, 0);
  auto& group = *found->second.group;
  if (--group.worker_count == 0)
    worker_groups_.erase({group.kinds, group.queues});
  workers_.erase(found);
}

worker_pool::worker* worker_pool::find(session_id session) {
  const auto found = workers_.find(session);
  return found == workers_.end() ? nullptr : &found->second;
}

void worker_pool::set_free_credit(worker& changed, std::uint64_t free, std::uint64_t free_slots) {
  auto& group = *changed.group;
  free_credit_total_ += free - changed.rank.free;
  const auto was_available = !group.available.empty();
  if (changed.rank.free > 0)
    group.available.erase(changed.rank);
  changed.rank.free = free;
  changed.rank.free_slots = std::min(free_slots, free);
  if (free > 0)
    group.available.insert(changed.rank);
  if (!was_available && !group.available.empty())
    add_available(group);
  if (was_available && group.available.empty())
    remove_available(group);
}

void worker_pool::forget_shard(shard_id shard) {
  for (auto& [session, known] : workers_) {
    if (shard.value < known.admitted_shards.size())
      known.admitted_shards[shard.value] = false;
  }
}

bool worker_pool::is_admitted(session_id session, std::uint16_t shard) const {
  const auto found = workers_.find(session);
  return found != workers_.end() && shard < found->second.admitted_shards.size() &&
         found->second.admitted_shards[shard];
}

void worker_pool::add_available(worker_group& group) {
  available_groups_.emplace(group.number, &group);
  if (!group.queues.empty())
    return;
  for (const auto kind : group.kinds)
    ++available_kinds_[kind];
}

void worker_pool::remove_available(worker_group& group) {
  available_groups_.erase(group.number);
  if (!group.queues.empty())
    return;
  for (const auto kind : group.kinds) {
    const auto found = available_kinds_.find(kind);
    if (--found->second == 0)
      available_kinds_.erase(found);
  }
}

} // namespace belfry
