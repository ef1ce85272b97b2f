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

std::string_view to_string(idle_reason reason) {
  switch (reason) {
  case idle_reason::no_worker:
    return "no_worker";
  case idle_reason::no_worker_for_kind:
    return "no_worker_for_kind";
  case idle_reason::no_worker_for_queue:
    return "no_worker_for_queue";
  case idle_reason::all_slots_busy:
    return "all_slots_busy";
  case idle_reason::being_handed_out:
    return "being_handed_out";
  }
  return "unknown";
}

std::string sentence_of(idle_reason reason, const std::string& queue, const std::string& kind) {
  switch (reason) {
  case idle_reason::no_worker:
    return "due, but no worker is attached to the node";
  case idle_reason::no_worker_for_kind:
    return "due, but no worker that is attached to the node runs '" + kind + "'";
  case idle_reason::no_worker_for_queue:
    return "due, but no worker that runs '" + kind + "' takes tasks from queue '" + queue + "'";
  case idle_reason::all_slots_busy:
    return "due, but every worker that runs '" + kind + "' has its hands full";
  case idle_reason::being_handed_out:
    return "due, and about to be handed to a worker that runs '" + kind + "'";
  }
  return "due";
}

void matcher::update(shard_id shard, const std::vector<lane_summary>& lanes, bool is_all) {
  board_.update(shard, lanes, is_all);
}

void matcher::forget(shard_id shard) {
  auto taken = std::move(takes_[shard.value]);
  takes_.erase(shard.value);
  board_.forget(shard);
  for (const auto& one : taken) {
    board_.refund(one.lane.queue, one.count);
    give_back(one, one.count);
  }
  workers_.dismiss(shard);
}

void matcher::attach(const worker_offer& offer, bool is_new_connection) {
  if (is_new_connection)
    workers_.remove(offer.session);
  std::vector<name_index> kinds;
  for (const auto& kind : offer.kinds)
    kinds.push_back(names_.index_of(kind));
  std::vector<name_index> queues;
  for (const auto& queue : offer.queues)
    queues.push_back(names_.index_of(queue));
  auto& one = workers_.put(offer.session, std::move(kinds), std::move(queues), offer.slots);
  const auto credit = std::min<std::uint64_t>(offer.credit, credit_max);
  one.debt = one.asked - std::min<std::uint64_t>(credit, one.asked);
  workers_.set_free(one, credit - std::min<std::uint64_t>(credit, one.asked));
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
  add_free(*one, count);
  return true;
}

std::uint32_t matcher::take_credit(session_id session, std::uint32_t count) {
  auto* one = workers_.find(session);
  if (!one)
    return 0;
  const auto taken = std::min<std::uint64_t>(one->at.free, count);
  workers_.set_free(*one, one->at.free - taken);
  return static_cast<std::uint32_t>(taken);
}

void matcher::remove(session_id session) {
  workers_.remove(session);
}

std::vector<assignment> matcher::assign() {
  std::map<place_name, take> made;
  std::set<name_index> passed_over;
  while (workers_.free_total() > 0) {
    const auto queue_index = next_queue(passed_over);
    if (!queue_index)
      break;
    if (const auto one = next_piece(*queue_index))
      reserve(*one, made);
    else
      passed_over.insert(*queue_index); // Its shards do not know the free workers yet.
  }
  std::vector<assignment> assignments;
  assignments.reserve(made.size());
  for (auto& [place, one] : made) {
    assignments.push_back({shard_id{one.lane.shard}, one.session, names_.name(one.lane.queue),
                           names_.name(one.lane.kind), one.count});
    takes_[one.lane.shard].push_back(one);
  }
  return assignments;
}

bool matcher::answer(const assignment& asked, std::size_t granted) {
  const auto queue_index = names_.index_of(asked.queue);
  const auto kind = names_.index_of(asked.kind);
  auto& taken = takes_[asked.shard.value];
  const auto found = std::find_if(taken.begin(), taken.end(), [&](const take& one) {
    return one.session == asked.session && one.count == asked.count &&
           one.lane.queue == queue_index && one.lane.kind == kind;
  });
  if (found == taken.end())
    return false;
  const auto one = *found;
  taken.erase(found);
  granted = std::min(granted, one.count);
  board_.answer(one.lane, one.count, granted, one.told);
  give_back(one, one.count - granted);
  return true;
}

idle_reason matcher::explain(const std::string& queue, const std::string& kind) {
  const auto queue_index = names_.index_of(queue);
  const auto kind_index = names_.index_of(kind);
  auto reason = workers_.crews().empty() ? idle_reason::no_worker : idle_reason::no_worker_for_kind;
  for (const auto& [key, crew] : workers_.crews()) {
    if (!crew.runs(kind_index))
      continue;
    if (!crew.takes_from(queue_index))
      reason = std::max(reason, idle_reason::no_worker_for_queue);
    else if (crew.free.empty())
      reason = std::max(reason, idle_reason::all_slots_busy);
    else
      return idle_reason::being_handed_out;
  }
  return reason;
}

bool matcher::lacks_credit(session_id session) {
  const auto* one = workers_.find(session);
  if (!one || one->at.free > 0)
    return false;
  const auto& crew = *one->in;
  return std::any_of(crew.kinds.begin(), crew.kinds.end(), [&](name_index kind) {
    const auto& turns = board_.turns_of(kind);
    if (crew.queues.empty())
      return !turns.empty();
    return std::any_of(turns.begin(), turns.end(),
                       [&](const lane_board::turn& turn) { return crew.takes_from(turn.second); });
  });
}

std::uint64_t matcher::free_credit(session_id session) {
  const auto* one = workers_.find(session);
  return one ? one->at.free : 0;
}

/// The open queue whose turn it is among those that some worker with credit can serve.
std::optional<name_index> matcher::next_queue(const std::set<name_index>& passed_over) {
  std::optional<lane_board::turn> best;
  for (const auto& [kind, crews] : workers_.open_kinds()) {
    ++steps_;
    for (const auto& turn : board_.turns_of(kind)) {
      if (passed_over.count(turn.second) == 0) {
        consider(best, turn);
        break;
      }
      ++steps_;
    }
  }
  for (const auto& [number, crew] : workers_.open_crews()) {
    for (const auto queue_index : crew->queues) {
      ++steps_;
      const auto* queue = board_.find(queue_index);
      if (!queue || !queue->is_open() || passed_over.count(queue_index) > 0)
        continue;
      const auto can_run = [&](const auto& in) {
        return !in.second.open.empty() && crew->runs(in.first);
      };
      if (std::any_of(queue->groups.begin(), queue->groups.end(), can_run))
        consider(best, {queue->pass, queue_index});
    }
  }
  return best ? std::optional{best->second} : std::nullopt;
}

void matcher::consider(std::optional<lane_board::turn>& best, const lane_board::turn& one) {
  if (!best || one < *best)
    best = one;
}

/// The best lane of the queue for which there is a worker, and how much of it to hand out at once.
std::optional<matcher::piece> matcher::next_piece(name_index queue_index) {
  std::optional<piece> best;
  for (const auto& [kind, in] : board_.find(queue_index)->groups) {
    const auto one = next_piece(queue_index, kind, in);
    if (one && (!best || one->rank < best->rank))
      best = one;
  }
  return best;
}

std::optional<matcher::piece> matcher::next_piece(name_index queue_index, name_index kind,
                                                  const lane_board::group& in) {
  ++steps_;
  if (in.open.empty())
    return std::nullopt;
  const auto able = find_able(queue_index, kind);
  if (able == 0)
    return std::nullopt;
  for (const auto& rank : in.open) {
    ++steps_;
    const auto worker = best_worker(rank.shard);
    if (!worker)
      continue;
    const auto open = in.lanes.at(rank.shard).open();
    const auto fair = workers_.free_total() * board_.find(queue_index)->weight;
    const auto of_queue = share_of(fair, board_.weight_total());
    const auto count = std::min({open, std::size_t{worker->free}, share_of(open, able),
                                 share_of(of_queue, in.open.size())});
    return piece{{queue_index, kind, rank.shard}, rank, *worker, count};
  }
  return std::nullopt;
}

/// Fills `able_` with the crews that have credit and run `kind` from the queue. Returns how many
/// workers with credit they have.
std::size_t matcher::find_able(name_index queue_index, name_index kind) {
  able_.clear();
  std::size_t count = 0;
  for (const auto& [number, crew] : workers_.open_crews()) {
    ++steps_;
    if (!crew->runs(kind) || !crew->takes_from(queue_index))
      continue;
    able_.push_back(crew);
    count += crew->free.size();
  }
  return count;
}

std::optional<free_slots::place> matcher::best_worker(std::uint16_t shard) {
  std::optional<free_slots::place> best;
  for (const auto* crew : able_) {
    for (const auto& place : crew->free) {
      ++steps_;
      if (!workers_.is_admitted(place.session, shard))
        continue;
      if (!best || place < *best)
        best = place;
      break;
    }
  }
  return best;
}

void matcher::reserve(const piece& one, std::map<place_name, take>& made) {
  auto& worker = *workers_.find(one.worker.session);
  workers_.set_free(worker, worker.at.free - one.count);
  worker.asked += one.count;
  auto& taken = made[{one.lane.shard, one.worker.session, one.lane.queue, one.lane.kind}];
  taken.lane = one.lane;
  taken.session = one.worker.session;
  taken.count += one.count;
  taken.stay = worker.stay;
  taken.told = board_.ask(one.lane, one.count);
}

/// Settles a take with its worker, of whose credit `count` was not used.
void matcher::give_back(const take& one, std::size_t count) {
  auto* worker = workers_.find(one.session);
  if (!worker || worker->stay != one.stay)
    return;
  add_free(*worker, count);
  worker->asked -= one.count;
  worker->debt = std::min<std::uint64_t>(worker->debt, worker->asked);
}

void matcher::add_free(free_slots::member& to, std::uint64_t count) {
  const auto paid = std::min(to.debt, count);
  to.debt -= paid;
  workers_.set_free(to, std::min(to.at.free + count - paid, credit_max));
}

} // namespace belfry
