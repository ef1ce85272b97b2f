#include "dispatch/matcher.hpp"

#include <algorithm>

namespace belfry {

namespace {

// A worker that claims more is damaged; keeps sums and products of credit in range.
constexpr std::uint64_t credit_max = 1'000'000;

std::size_t share_of(std::size_t amount, std::size_t parts) {
  return parts == 0 ? amount : (amount + parts - 1) / parts;
}

} // namespace

std::string_view to_string(waiting_reason reason) {
  switch (reason) {
  case waiting_reason::no_worker:
    return "no_worker";
  case waiting_reason::no_worker_for_kind:
    return "no_worker_for_kind";
  case waiting_reason::no_worker_for_queue:
    return "no_worker_for_queue";
  case waiting_reason::all_slots_busy:
    return "all_slots_busy";
  case waiting_reason::being_assigned:
    return "being_assigned";
  }
  return "unknown";
}

std::string explanation_of(waiting_reason reason, const std::string& queue,
                           const std::string& kind) {
  switch (reason) {
  case waiting_reason::no_worker:
    return "due, but no worker is attached to the node";
  case waiting_reason::no_worker_for_kind:
    return "due, but no worker that is attached to the node runs '" + kind + "'";
  case waiting_reason::no_worker_for_queue:
    return "due, but no worker that runs '" + kind + "' takes tasks from queue '" + queue + "'";
  case waiting_reason::all_slots_busy:
    return "due, but every worker that runs '" + kind + "' has its hands full";
  case waiting_reason::being_assigned:
    return "due, and about to be handed to a worker that runs '" + kind + "'";
  }
  return "due";
}

void matcher::update(shard_id shard, const std::vector<lane_summary>& lanes, bool is_complete) {
  scheduler_.update(shard, lanes, is_complete);
}

void matcher::forget(shard_id shard) {
  auto taken = std::move(reservations_[shard.value]);
  reservations_.erase(shard.value);
  scheduler_.forget(shard);
  for (const auto& one : taken) {
    scheduler_.refund(one.lane.queue, one.count);
    release(one, one.count);
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
  auto& one = workers_.upsert(offer.session, std::move(kinds), std::move(queues), offer.slots);
  const auto credit = std::min<std::uint64_t>(offer.credit, credit_max);
  one.overcommitted = one.asked - std::min<std::uint64_t>(credit, one.asked);
  workers_.set_free_credit(one, credit - std::min<std::uint64_t>(credit, one.asked));
}

void matcher::admit(session_id session, shard_id shard) {
  auto* one = workers_.find(session);
  if (!one)
    return;
  if (shard.value >= one->admitted.size())
    one->admitted.resize(shard.value + std::size_t{1});
  one->admitted[shard.value] = true;
}

void matcher::expel(session_id session, shard_id shard) {
  if (is_admitted(session, shard))
    workers_.find(session)->admitted[shard.value] = false;
}

bool matcher::is_admitted(session_id session, shard_id shard) const {
  return workers_.is_admitted(session, shard.value);
}

bool matcher::add_credit(session_id session, std::uint32_t count) {
  auto* one = workers_.find(session);
  if (!one || count == 0)
    return false;
  add_free_credit(*one, count);
  return true;
}

std::uint32_t matcher::recall_credit(session_id session, std::uint32_t count) {
  auto* one = workers_.find(session);
  if (!one)
    return 0;
  const auto taken = std::min<std::uint64_t>(one->at.free, count);
  workers_.set_free_credit(*one, one->at.free - taken);
  return static_cast<std::uint32_t>(taken);
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
    if (const auto one = next_candidate(*queue_index))
      reserve(*one, made);
    else
      skipped_queues.insert(*queue_index); // Its shards do not know the free workers yet.
  }
  std::vector<assignment> assignments;
  assignments.reserve(made.size());
  for (auto& [worker_rank, one] : made) {
    assignments.push_back({shard_id{one.lane.shard}, one.session, names_.name(one.lane.queue),
                           names_.name(one.lane.kind), one.count});
    reservations_[one.lane.shard].push_back(one);
  }
  return assignments;
}

bool matcher::answer(const assignment& asked, std::size_t granted) {
  const auto queue_index = names_.index_of(asked.queue);
  const auto kind = names_.index_of(asked.kind);
  auto& taken = reservations_[asked.shard.value];
  const auto found = std::find_if(taken.begin(), taken.end(), [&](const reservation& one) {
    return one.session == asked.session && one.count == asked.count &&
           one.lane.queue == queue_index && one.lane.kind == kind;
  });
  if (found == taken.end())
    return false;
  const auto one = *found;
  taken.erase(found);
  granted = std::min(granted, one.count);
  scheduler_.answer(one.lane, one.count, granted, one.update_number);
  release(one, one.count - granted);
  return true;
}

waiting_reason matcher::explain(const std::string& queue, const std::string& kind) {
  const auto queue_index = names_.index_of(queue);
  const auto kind_index = names_.index_of(kind);
  auto reason = workers_.worker_groups().empty() ? waiting_reason::no_worker
                                                 : waiting_reason::no_worker_for_kind;
  for (const auto& [key, worker_group] : workers_.worker_groups()) {
    if (!worker_group.runs(kind_index))
      continue;
    if (!worker_group.takes_from(queue_index))
      reason = std::max(reason, waiting_reason::no_worker_for_queue);
    else if (worker_group.free.empty())
      reason = std::max(reason, waiting_reason::all_slots_busy);
    else
      return waiting_reason::being_assigned;
  }
  return reason;
}

bool matcher::has_demand(session_id session) {
  const auto* one = workers_.find(session);
  if (!one || one->at.free > 0)
    return false;
  const auto& worker_group = *one->in;
  return std::any_of(worker_group.kinds.begin(), worker_group.kinds.end(), [&](name_index kind) {
    const auto& turns = scheduler_.turns_of(kind);
    if (worker_group.queues.empty())
      return !turns.empty();
    return std::any_of(turns.begin(), turns.end(), [&](const lane_scheduler::turn& turn) {
      return worker_group.takes_from(turn.second);
    });
  });
}

std::uint64_t matcher::free_credit(session_id session) {
  const auto* one = workers_.find(session);
  return one ? one->at.free : 0;
}

/// The open queue whose turn it is among those that some worker with credit can serve.
std::optional<name_index> matcher::next_queue(const std::set<name_index>& skipped_queues) {
  std::optional<lane_scheduler::turn> best;
  for (const auto& [kind, worker_groups] : workers_.available_kinds()) {
    ++steps_;
    for (const auto& turn : scheduler_.turns_of(kind)) {
      if (skipped_queues.count(turn.second) == 0) {
        consider(best, turn);
        break;
      }
      ++steps_;
    }
  }
  for (const auto& [number, worker_group] : workers_.available_groups()) {
    for (const auto queue_index : worker_group->queues) {
      ++steps_;
      const auto* queue = scheduler_.find(queue_index);
      if (!queue || !queue->is_open() || skipped_queues.count(queue_index) > 0)
        continue;
      const auto can_run = [&](const auto& in) {
        return !in.second.open.empty() && worker_group->runs(in.first);
      };
      if (std::any_of(queue->groups.begin(), queue->groups.end(), can_run))
        consider(best, {queue->pass, queue_index});
    }
  }
  return best ? std::optional{best->second} : std::nullopt;
}

void matcher::consider(std::optional<lane_scheduler::turn>& best, const lane_scheduler::turn& one) {
  if (!best || one < *best)
    best = one;
}

/// The best lane of the queue for which there is a worker, and how much of it to hand out at once.
std::optional<matcher::candidate> matcher::next_candidate(name_index queue_index) {
  std::optional<candidate> best;
  for (const auto& [kind, in] : scheduler_.find(queue_index)->groups) {
    const auto one = next_candidate(queue_index, kind, in);
    if (one && (!best || one->rank < best->rank))
      best = one;
  }
  return best;
}

std::optional<matcher::candidate> matcher::next_candidate(name_index queue_index, name_index kind,
                                                          const lane_scheduler::group& in) {
  ++steps_;
  if (in.open.empty())
    return std::nullopt;
  const auto able = find_capable(queue_index, kind);
  if (able == 0)
    return std::nullopt;
  for (const auto& rank : in.open) {
    ++steps_;
    const auto worker = best_worker(rank.shard);
    if (!worker)
      continue;
    const auto open = in.lanes.at(rank.shard).open();
    const auto fair = workers_.free_credit_total() * scheduler_.find(queue_index)->weight;
    const auto of_queue = share_of(fair, scheduler_.weight_total());
    const auto count = std::min({open, std::size_t{worker->free}, share_of(open, able),
                                 share_of(of_queue, in.open.size())});
    return candidate{{queue_index, kind, rank.shard}, rank, *worker, count};
  }
  return std::nullopt;
}

/// Fills `able_` with the crews that have credit and run `kind` from the queue. Returns how many
/// workers with credit they have.
std::size_t matcher::find_capable(name_index queue_index, name_index kind) {
  capable_groups_.clear();
  std::size_t count = 0;
  for (const auto& [number, worker_group] : workers_.available_groups()) {
    ++steps_;
    if (!worker_group->runs(kind) || !worker_group->takes_from(queue_index))
      continue;
    capable_groups_.push_back(worker_group);
    count += worker_group->free.size();
  }
  return count;
}

std::optional<worker_pool::worker_rank> matcher::best_worker(std::uint16_t shard) {
  std::optional<worker_pool::worker_rank> best;
  for (const auto* worker_group : capable_groups_) {
    for (const auto& worker_rank : worker_group->free) {
      ++steps_;
      if (!workers_.is_admitted(worker_rank.session, shard))
        continue;
      if (!best || worker_rank < *best)
        best = worker_rank;
      break;
    }
  }
  return best;
}

void matcher::reserve(const candidate& one, std::map<reservation_key, reservation>& made) {
  auto& worker = *workers_.find(one.worker.session);
  workers_.set_free_credit(worker, worker.at.free - one.count);
  worker.asked += one.count;
  auto& taken = made[{one.lane.shard, one.worker.session, one.lane.queue, one.lane.kind}];
  taken.lane = one.lane;
  taken.session = one.worker.session;
  taken.count += one.count;
  taken.connection = worker.connection;
  taken.update_number = scheduler_.ask(one.lane, one.count);
}

/// Settles a take with its worker, of whose credit `count` was not used.
void matcher::release(const reservation& one, std::size_t count) {
  auto* worker = workers_.find(one.session);
  if (!worker || worker->connection != one.connection)
    return;
  add_free_credit(*worker, count);
  worker->asked -= one.count;
  worker->overcommitted = std::min<std::uint64_t>(worker->overcommitted, worker->asked);
}

void matcher::add_free_credit(worker_pool::member& to, std::uint64_t count) {
  const auto paid = std::min(to.overcommitted, count);
  to.overcommitted -= paid;
  workers_.set_free_credit(to, std::min(to.at.free + count - paid, credit_max));
}

} // namespace belfry
