#include "dispatch/free_slots.hpp"

#include <algorithm>

namespace belfry {

namespace {

void sort_unique(std::vector<name_index>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

} // namespace

bool free_slots::crew::runs(name_index kind) const {
  return std::binary_search(kinds.begin(), kinds.end(), kind);
}

bool free_slots::crew::takes_from(name_index queue_index) const {
  return queues.empty() || std::binary_search(queues.begin(), queues.end(), queue_index);
}

free_slots::member& free_slots::put(session_id session, std::vector<name_index> kinds,
                                    std::vector<name_index> queues, std::uint32_t slots) {
  sort_unique(kinds);
  sort_unique(queues);
  const auto known = members_.find(session);
  const auto before = known == members_.end() ? member{} : known->second;
  remove(session);
  const auto [found, is_new] = crews_.try_emplace({kinds, queues});
  auto& in = found->second;
  if (is_new) {
    in.number = next_crew_++;
    in.kinds = std::move(kinds);
    in.queues = std::move(queues);
  }
  ++in.members;
  auto& one = members_[session];
  one = before;
  one.in = &in;
  one.at = {0, std::max(slots, 1U), session};
  if (one.stay == 0)
    one.stay = next_stay_++;
  return one;
}

void free_slots::remove(session_id session) {
  const auto found = members_.find(session);
  if (found == members_.end())
    return;
  set_free(found->second, 0);
  auto& in = *found->second.in;
  if (--in.members == 0)
    crews_.erase({in.kinds, in.queues});
  members_.erase(found);
}

free_slots::member* free_slots::find(session_id session) {
  const auto found = members_.find(session);
  return found == members_.end() ? nullptr : &found->second;
}

void free_slots::set_free(member& one, std::uint64_t free) {
  auto& in = *one.in;
  free_total_ += free - one.at.free;
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

void free_slots::dismiss(shard_id shard) {
  for (auto& [session, one] : members_) {
    if (shard.value < one.admitted.size())
      one.admitted[shard.value] = false;
  }
}

bool free_slots::is_admitted(session_id session, std::uint16_t shard) const {
  const auto found = members_.find(session);
  return found != members_.end() && shard < found->second.admitted.size() &&
         found->second.admitted[shard];
}

void free_slots::open(crew& one) {
  open_crews_.emplace(one.number, &one);
  if (!one.queues.empty())
    return;
  for (const auto kind : one.kinds)
    ++open_kinds_[kind];
}

void free_slots::close(crew& one) {
  open_crews_.erase(one.number);
  if (!one.queues.empty())
    return;
  for (const auto kind : one.kinds) {
    const auto found = open_kinds_.find(kind);
    if (--found->second == 0)
      open_kinds_.erase(found);
  }
}

} // namespace belfry
