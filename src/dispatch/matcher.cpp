#include "dispatch/matcher.hpp"

#include <algorithm>

namespace belfry {

namespace {

// Keeps sums and products of credit in range, whatever a worker claims.
constexpr std::uint64_t credit_max = 1'000'000;

std::size_t share_of(std::size_t amount, std::size_t parts) {
  return parts == 0 ? amount : (amount + parts - 1) / parts;
}

} // namespace

void matcher::update(shard_id shard, const std::vector<lane_summary>& lanes, bool is_complete) {
  scheduler_.update(shard, lanes, is_complete);
  if (names_.size() >= next_sweep_)
    forget_unused_names();
}

void matcher::forget_unused_names() {
  std::vector<bool> used(names_.index_end());
  scheduler_.forget_idle(used);
  for (const auto& [key, group] : workers_.worker_groups()) {
    for (const auto kind : group.kinds)
      used[kind] = true;
    for (const auto queue : group.queues)
      used[queue] = true;
  }
  for (const auto& [shard, pending] : reservations_)
    for (const auto& reserved : pending)
      used[reserved.lane.queue] = used[reserved.lane.kind] = true;
  names_.keep_only(used);
  scheduler_.shrink(names_.index_end());
  next_sweep_ = std::max(sweep_min, 2 * names_.size());
}

void matcher::forget(shard_id shard) {
  const auto pending = std::move(reservations_[shard.value]);
  reservations_.erase(shard.value);
  scheduler_.forget(shard);
  for (const auto& reserved : pending) {
    scheduler_.refund(reserved.lane.queue, reserved.count);
    release(reserved, reserved.count);
  }
  workers_.forget_shard(shard);
}

void matcher::attach(const worker_registration& offer, bool is_new_connection) {
  if (is_new_connection)
    workers_.remove(offer.session);
  std::vector<name_index> kinds;
  for (const auto& kind : offer.kinds)
    kinds.push_back(names_.index_of(kind));
  std::vector<name_index> queues;
  for (const auto& queue : offer.queues)
    queues.push_back(names_.index_of(queue));
  auto& worker = workers_.upsert(offer.session, std::move(kinds), std::move(queues), offer.slots);
  const auto credit = std::min<std::uint64_t>(offer.credit, credit_max);
  const auto covered = std::min<std::uint64_t>(credit, worker.reserved);
  worker.overcommitted = worker.reserved - covered;
  const auto slot_credit =
      std::min<std::uint64_t>(offer.slot_credit.value_or(offer.credit), credit);
  workers_.set_free_credit(worker, credit - covered, slot_credit - std::min(slot_credit, covered));
}

void matcher::admit(session_id session, shard_id shard) {
  auto* worker = workers_.find(session);
  if (!worker)
    return;
  if (shard.value >= worker->admitted_shards.size())
    worker->admitted_shards.resize(shard.value + std::size_t{1});
  worker->admitted_shards[shard.value] = true;
}

void matcher::expel(session_id session, shard_id shard) {
  if (is_admitted(session, shard))
    workers_.find(session)->admitted_shards[shard.value] = false;
}

bool matcher::is_admitted(session_id session, shard_id shard) const {
  return workers_.is_admitted(session, shard.value);
}

bool matcher::add_credit(session_id session, std::uint32_t count,
                         std::optional<std::uint32_t> slot_credit) {
  auto* worker = workers_.find(session);
  if (!worker || count == 0)
    return false;
  add_free_credit(*worker, count, std::min(slot_credit.value_or(count), count));
  return true;
}

std::uint32_t matcher::recall_credit(session_id session, std::uint32_t count) {
  auto* worker = workers_.find(session);
  if (!worker)
    return 0;
  const auto recalled = std::min<std::uint64_t>(worker->rank.free, count);
  workers_.set_free_credit(*worker, worker->rank.free - recalled, worker->rank.free_slots);
  return static_cast<std::uint32_t>(recalled);
}

void matcher::remove(session_id session) {
  workers_.remove(session);
}

std::vector<assignment> matcher::assign() {
  std::map<reservation_key, reservation> made;
  std::set<name_index> skipped_queues;
  while (workers_.free_credit_total() > 0) {
    const auto queue_index = next_queue(skipped_queues);
    if (!queue_index)
      break;
    if (const auto next = next_candidate(*queue_index))
      reserve(*next, made);
    else
      skipped_queues.insert(*queue_index); // Its shards do not know the free workers yet.
  }
  std::vector<assignment> assignments;
  assignments.reserve(made.size());
  for (const auto& [key, reserved] : made) {
    assignments.push_back({shard_id{reserved.lane.shard}, reserved.session,
                           names_.name(reserved.lane.queue), names_.name(reserved.lane.kind),
                           reserved.count});
    reservations_[reserved.lane.shard].push_back(reserved);
  }
  return assignments;
}

bool matcher::record_granted(const assignment& assigned, std::size_t granted) {
  const auto queue_index = names_.find(assigned.queue);
  const auto kind = names_.find(assigned.kind);
  if (!queue_index || !kind)
    return false;
  auto& pending = reservations_[assigned.shard.value];
  const auto found = std::find_if(pending.begin(), pending.end(), [&](const reservation& entry) {
    return entry.session == assigned.session && entry.count == assigned.count &&
           entry.lane.queue == *queue_index && entry.lane.kind == *kind;
  });
  if (found == pending.end())
    return false;
  const auto reserved = *found;
  pending.erase(found);
  granted = std::min(granted, reserved.count);
  scheduler_.record_granted(reserved.lane, reserved.count, granted, reserved.update_number);
  release(reserved, reserved.count - granted);
  return true;
}

waiting_reason matcher::explain(const std::string& queue, const std::string& kind) const {
  const auto queue_index = names_.find(queue);
  const auto kind_index = names_.find(kind);
  auto reason = workers_.worker_groups().empty() ? waiting_reason::no_worker
                                                 : waiting_reason::no_worker_for_kind;
  for (const auto& [key, group] : workers_.worker_groups()) {
    if (!kind_index || !group.runs(*kind_index))
      continue;
    if (!group.queues.empty() && (!queue_index || !group.takes_from(*queue_index)))
      reason = std::max(reason, waiting_reason::no_worker_for_queue);
    else if (group.available.empty())
      reason = std::max(reason, waiting_reason::all_slots_busy);
    else
      return waiting_reason::being_assigned;
  }
  return reason;
}

bool matcher::has_demand(session_id session) {
  const auto* worker = workers_.find(session);
  if (!worker || worker->rank.free > 0)
    return false;
  const auto& group = *worker->group;
  return std::any_of(group.kinds.begin(), group.kinds.end(), [&](name_index kind) {
    const auto& turns = scheduler_.turns_of(kind);
    if (group.queues.empty())
      return !turns.empty();
    return std::any_of(turns.begin(), turns.end(), [&](const lane_scheduler::turn& turn) {
      return group.takes_from(turn.second);
    });
  });
}

std::uint64_t matcher::free_credit(session_id session) {
  const auto* worker = workers_.find(session);
  return worker ? worker->rank.free : 0;
}

/// The queue that is next among those with open tasks that a worker with credit can run.
std::optional<name_index> matcher::next_queue(const std::set<name_index>& skipped_queues) {
  std::optional<lane_scheduler::turn> best;
  for (const auto& [kind, group_count] : workers_.available_kinds()) {
    ++steps_;
    for (const auto& turn : scheduler_.turns_of(kind)) {
      if (skipped_queues.count(turn.second) == 0) {
        consider(best, turn);
        break;
      }
      ++steps_;
    }
  }
  for (const auto& [number, group] : workers_.available_groups()) {
    for (const auto queue_index : group->queues) {
      ++steps_;
      const auto* queue = scheduler_.find(queue_index);
      if (!queue || !queue->is_open() || skipped_queues.count(queue_index) > 0)
        continue;
      const auto can_run = [&runner = *group](const auto& lanes_of_kind) {
        return !lanes_of_kind.second.open.empty() && runner.runs(lanes_of_kind.first);
      };
      if (std::any_of(queue->groups.begin(), queue->groups.end(), can_run))
        consider(best, {queue->pass, queue_index});
    }
  }
  return best ? std::optional{best->second} : std::nullopt;
}

void matcher::consider(std::optional<lane_scheduler::turn>& best,
                       const lane_scheduler::turn& turn) {
  if (!best || turn < *best)
    best = turn;
}

/// The best lane of the queue for which there is a worker, and how many of its tasks to reserve.
std::optional<matcher::candidate> matcher::next_candidate(name_index queue_index) {
  std::optional<candidate> best;
  for (const auto& [kind, group] : scheduler_.find(queue_index)->groups) {
    const auto next = next_candidate(queue_index, kind, group);
    if (next && (!best || next->rank < best->rank))
      best = next;
  }
  return best;
}

std::optional<matcher::candidate> matcher::next_candidate(name_index queue_index, name_index kind,
                                                          const lane_scheduler::group& group) {
  ++steps_;
  if (group.open.empty())
    return std::nullopt;
  const auto worker_count = find_capable(queue_index, kind);
  if (worker_count == 0)
    return std::nullopt;
  for (const auto& rank : group.open) {
    ++steps_;
    const auto worker = best_worker(rank.shard);
    if (!worker)
      continue;
    const auto open = group.lanes.at(rank.shard).open();
    const auto weighted = workers_.free_credit_total() * scheduler_.find(queue_index)->weight;
    const auto queue_share = share_of(weighted, scheduler_.weight_total());
    // Other workers' free slots come before what this worker fetches ahead.
    const auto credit = worker->free_slots > 0 ? worker->free_slots : worker->free;
    const auto count = std::min({open, std::size_t{credit}, share_of(open, worker_count),
                                 share_of(queue_share, group.open.size())});
    return candidate{{queue_index, kind, rank.shard}, rank, *worker, count};
  }
  return std::nullopt;
}

/// Fills `capable_groups_` with the groups that have credit and run `kind` from the queue. Returns
/// how many workers with credit they have.
std::size_t matcher::find_capable(name_index queue_index, name_index kind) {
  capable_groups_.clear();
  std::size_t count = 0;
  for (const auto& [number, group] : workers_.available_groups()) {
    ++steps_;
    if (!group->runs(kind) || !group->takes_from(queue_index))
      continue;
    capable_groups_.push_back(group);
    count += group->available.size();
  }
  return count;
}

std::optional<worker_pool::worker_rank> matcher::best_worker(std::uint16_t shard) {
  std::optional<worker_pool::worker_rank> best;
  for (const auto* group : capable_groups_) {
    for (const auto& rank : group->available) {
      ++steps_;
      if (!workers_.is_admitted(rank.session, shard))
        continue;
      if (!best || rank < *best)
        best = rank;
      break;
    }
  }
  return best;
}

void matcher::reserve(const candidate& next, std::map<reservation_key, reservation>& made) {
  auto& worker = *workers_.find(next.worker.session);
  const auto slot_credit = std::min<std::uint64_t>(worker.rank.free_slots, next.count);
  workers_.set_free_credit(worker, worker.rank.free - next.count,
                           worker.rank.free_slots - slot_credit);
  worker.reserved += next.count;
  auto& reserved = made[{next.lane.shard, next.worker.session, next.lane.queue, next.lane.kind}];
  reserved.lane = next.lane;
  reserved.session = next.worker.session;
  reserved.count += next.count;
  reserved.slot_credit += slot_credit;
  reserved.connection = worker.connection;
  reserved.update_number = scheduler_.reserve(next.lane, next.count);
}

/// Ends a reservation, of which `unused` tasks become credit of the worker again. Those that were
/// granted have taken free slots first.
void matcher::release(const reservation& reserved, std::size_t unused) {
  auto* worker = workers_.find(reserved.session);
  if (!worker || worker->connection != reserved.connection)
    return;
  const std::uint64_t granted = reserved.count - unused;
  add_free_credit(*worker, unused, reserved.slot_credit - std::min(reserved.slot_credit, granted));
  worker->reserved -= reserved.count;
  worker->overcommitted = std::min<std::uint64_t>(worker->overcommitted, worker->reserved);
}

void matcher::add_free_credit(worker_pool::worker& worker, std::uint64_t count,
                              std::uint64_t slot_credit) {
  const auto settled = std::min(worker.overcommitted, count);
  worker.overcommitted -= settled;
  workers_.set_free_credit(worker, std::min(worker.rank.free + count - settled, credit_max),
                           worker.rank.free_slots + slot_credit - std::min(settled, slot_credit));
}

} // namespace belfry
