#include "dispatch/lane_scheduler.hpp"

#include <algorithm>

namespace belfry {

namespace {

// Large enough that strides of neighbouring weights differ, small enough that a pass lasts for
// 10^13 tasks of weight 1.
constexpr std::uint64_t stride_of_weight_1 = 1'000'000;
constexpr std::uint32_t weight_max = 1'000;

std::uint64_t cost(const lane_scheduler::queue& queue, std::size_t count) {
  return count * (stride_of_weight_1 / queue.weight);
}

lane_rank rank(const lane_scheduler::group::lane& lane, std::uint16_t shard) {
  return {lane.priority, lane.asked, lane.due, shard};
}

} // namespace

name_index name_table::index_of(const std::string& name) {
  const auto [found, is_new] = indexes_.try_emplace(name, static_cast<name_index>(names_.size()));
  if (is_new)
    names_.push_back(name);
  return found->second;
}

void lane_scheduler::update(shard_id shard, const std::vector<lane_summary>& lanes,
                            bool is_complete) {
  const auto update_number = ++last_update_;
  for (const auto& one : lanes) {
    const auto queue_index = names_.index_of(one.queue);
    const auto kind = names_.index_of(one.kind);
    set_weight(queue_at(queue_index), one.weight);
    change({queue_index, kind, shard.value}, [&](group::lane& lane) {
      lane.waiting = one.waiting;
      lane.priority = one.priority;
      lane.due = one.due;
      lane.update_number = update_number;
    });
  }
  if (!is_complete)
    return;
  const auto known = by_shard_[shard.value];
  for (const auto& [queue_index, kind] : known) {
    change({queue_index, kind, shard.value}, [update_number](group::lane& lane) {
      if (lane.update_number != update_number)
        lane.waiting = 0;
      lane.update_number = update_number;
    });
  }
}

void lane_scheduler::forget(shard_id shard) {
  const auto known = by_shard_[shard.value];
  for (const auto& [queue_index, kind] : known)
    change({queue_index, kind, shard.value}, [](group::lane& lane) { lane = {}; });
}

std::uint64_t lane_scheduler::ask(const lane_key& name, std::size_t count) {
  auto& one = queue_at(name.queue);
  global_pass_ = std::max(global_pass_, one.pass);
  set_pass(name.queue, one, global_pass_ + cost(one, count));
  std::uint64_t update_number = 0;
  change(name, [&](group::lane& lane) {
    lane.asked += count;
    update_number = lane.update_number;
  });
  return update_number;
}

void lane_scheduler::answer(const lane_key& name, std::size_t count, std::size_t granted,
                            std::uint64_t update_number) {
  refund(name.queue, count - granted);
  const auto& groups = queue_at(name.queue).groups;
  const auto found = groups.find(name.kind);
  if (found == groups.end() || found->second.lanes.count(name.shard) == 0)
    return;
  change(name, [&](group::lane& lane) {
    lane.asked -= std::min(lane.asked, count);
    // A later update may count the answer in or not. Too many left open is set right by the next
    // short answer; too few would leave tasks lying.
    if (lane.update_number == update_number)
      lane.waiting = granted < count ? 0 : lane.waiting - std::min(lane.waiting, granted);
  });
}

void lane_scheduler::refund(name_index queue_index, std::size_t count) {
  auto& one = queue_at(queue_index);
  if (count > 0)
    set_pass(queue_index, one, one.pass - std::min(one.pass, cost(one, count)));
}

const std::set<lane_scheduler::turn>& lane_scheduler::turns_of(name_index kind) const {
  static const std::set<turn> none;
  return kind < turns_.size() ? turns_[kind] : none;
}

const lane_scheduler::queue* lane_scheduler::find(name_index queue_index) const {
  return queue_index < queues_.size() ? queues_[queue_index].get() : nullptr;
}

/// Changes a lane and keeps every index in step with whether it has open tasks.
template <class Change>
void lane_scheduler::change(const lane_key& name, Change apply) {
  auto& one = queue_at(name.queue);
  auto& in = one.groups[name.kind];
  auto& lane = in.lanes[name.shard];
  const auto was_open = !in.open.empty();
  if (lane.open() > 0)
    in.open.erase(rank(lane, name.shard));
  apply(lane);
  if (lane.open() > 0)
    in.open.insert(rank(lane, name.shard));
  const auto is_open = !in.open.empty();
  if (is_open && !was_open)
    open(one, name);
  if (was_open && !is_open)
    close(one, name);
  if (lane.waiting > 0 || lane.asked > 0) {
    by_shard_[name.shard].insert({name.queue, name.kind});
    return;
  }
  by_shard_[name.shard].erase({name.queue, name.kind});
  in.lanes.erase(name.shard);
  if (in.lanes.empty())
    one.groups.erase(name.kind);
}

void lane_scheduler::open(queue& one, const lane_key& name) {
  if (one.open_groups++ == 0) {
    weight_total_ += one.weight;
    one.pass = std::max(one.pass, global_pass_);
  }
  turns_at(name.kind).insert({one.pass, name.queue});
}

void lane_scheduler::close(queue& one, const lane_key& name) {
  turns_at(name.kind).erase({one.pass, name.queue});
  if (--one.open_groups == 0)
    weight_total_ -= one.weight;
}

void lane_scheduler::set_pass(name_index queue_index, queue& one, std::uint64_t pass) {
  for (const auto& [kind, in] : one.groups) {
    if (in.open.empty())
      continue;
    turns_at(kind).erase({one.pass, queue_index});
    turns_at(kind).insert({pass, queue_index});
  }
  one.pass = pass;
}

void lane_scheduler::set_weight(queue& one, std::uint32_t weight) {
  weight = std::clamp(weight, 1U, weight_max);
  if (one.is_open())
    weight_total_ += weight - std::uint64_t{one.weight};
  one.weight = weight;
}

lane_scheduler::queue& lane_scheduler::queue_at(name_index index) {
  if (index >= queues_.size())
    queues_.resize(index + std::size_t{1});
  if (!queues_[index])
    queues_[index] = std::make_unique<queue>();
  return *queues_[index];
}

std::set<lane_scheduler::turn>& lane_scheduler::turns_at(name_index kind) {
  if (kind >= turns_.size())
    turns_.resize(kind + std::size_t{1});
  return turns_[kind];
}

} // namespace belfry
