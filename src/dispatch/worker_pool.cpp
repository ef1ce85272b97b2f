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

worker_pool::member& worker_pool::upsert(session_id session, std::vector<name_index> kinds,
                                         std::vector<name_index> queues, std::uint32_t slots) {
  sort_unique(kinds);
  sort_unique(queues);
  const auto known = workers_.find(session);
  const auto before = known == workers_.end() ? member{} : known->second;
  remove(session);
  const auto [found, is_new] = worker_groups_.try_emplace({kinds, queues});
  auto& in = found->second;
  if (is_new) {
    in.number = next_group_++;
    in.kinds = std::move(kinds);
    in.queues = std::move(queues);
  }
  ++in.worker_count;
  auto& one = workers_[session];
  one = before;
  one.in = &in;
  one.at = {0, std::max(slots, 1U), session};
  if (one.connection == 0)
    one.connection = next_connection_++;
  return one;
}

void worker_pool::remove(session_id session) {
  const auto found = workers_.find(session);
  if (found == workers_.end())
    return;
  set_free_credit(found->second, 0);
  auto& in = *found->second.in;
  if (--in.worker_count == 0)
    worker_groups_.erase({in.kinds, in.queues});
  workers_.erase(found);
}

worker_pool::member* worker_pool::find(session_id session) {
  const auto found = workers_.find(session);
  return found == workers_.end() ? nullptr : &found->second;
}

void worker_pool::set_free_credit(member& one, std::uint64_t free) {
  auto& in = *one.in;
  free_credit_total_ += free - one.at.free;
  const auto was_open = !in.free.empty();
  if (one.at.free > 0)
    in.free.erase(one.at);
  one.at.free = free;
  if (free > 0)
    in.free.insert(one.at);
  if (!was_open && !in.free.empty())
    open(in);
  if (was_open && in.free.empty())
    close(in);
}

void worker_pool::forget_shard(shard_id shard) {
  for (auto& [session, one] : workers_) {
    if (shard.value < one.admitted.size())
      one.admitted[shard.value] = false;
  }
}

bool worker_pool::is_admitted(session_id session, std::uint16_t shard) const {
  const auto found = workers_.find(session);
  return found != workers_.end() && shard < found->second.admitted.size() &&
         found->second.admitted[shard];
}

void worker_pool::open(worker_group& one) {
  available_groups_.emplace(one.number, &one);
  if (!one.queues.empty())
    return;
  for (const auto kind : one.kinds)
    ++available_kinds_[kind];
}

void worker_pool::close(worker_group& one) {
  available_groups_.erase(one.number);
  if (!one.queues.empty())
    return;
  for (const auto kind : one.kinds) {
    const auto found = available_kinds_.find(kind);
    if (--found->second == 0)
      available_kinds_.erase(found);
  }
}

} // namespace belfry
