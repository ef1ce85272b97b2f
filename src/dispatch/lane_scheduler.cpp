#include "dispatch/lane_scheduler.hpp"

#include <algorithm>

namespace belfry {

namespace {

// Large enough that strides of neighbouring weights differ, small enough that a pass does not
// overflow within 10^13 tasks of weight 1.
constexpr std::uint64_t stride_of_weight_1 = 1'000'000;
constexpr std::uint32_t weight_max = 1'000;

std::uint64_t cost(const lane_scheduler::queue& queue, std::size_t count) {
  return count * (stride_of_weight_1 / queue.weight);
}

lane_rank rank(const lane_scheduler::group::lane& lane, std::uint16_t shard) {
  return {lane.priority, lane.reserved, lane.due, shard};
}

} // namespace

name_index name_table::index_of(const std::string& name) {
  const auto [found, is_new] = indexes_.try_emplace(name);
  if (!is_new)
    return found->second;
  if (free_.empty()) {
    free_.push_back(static_cast<name_index>(names_.size()));
    names_.emplace_back();
  }
  found->second = free_.back();
  free_.pop_back();
  names_[found->second] = name;
  return found->second;
}

std::optional<name_index> name_table::find(const std::string& name) const {
  const auto found = indexes_.find(name);
  return found == indexes_.end() ? std::nullopt : std::optional{found->second};
}

void name_table::keep_only(const std::vector<bool>& used) {
  std::erase_if(indexes_, [&](const auto& entry) { return !used[entry.second]; });
  const auto last = std::find(used.rbegin(), used.rend(), true);
  names_.resize(static_cast<std::size_t>(used.rend() - last));
  names_.shrink_to_fit();
  free_.clear();
  for (auto index = static_cast<name_index>(names_.size()); index-- > 0;)
    if (!used[index]) {
      names_[index].clear();
      free_.push_back(index);
    }
}

void lane_scheduler::update(shard_id shard, const std::vector<lane_summary>& lanes,
                            bool is_complete) {
  const auto update_number = ++last_update_;
  for (const auto& summary : lanes) {
    const auto queue_index = names_.index_of(summary.queue);
    const auto kind = names_.index_of(summary.kind);
    set_weight(queue_at(queue_index), summary.weight);
    change({queue_index, kind, shard.value}, [&](group::lane& lane) {
      lane.waiting = summary.waiting;
      lane.priority = summary.priority;
      lane.due = summary.due;
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

std::uint64_t lane_scheduler::reserve(const lane_key& key, std::size_t count) {
  auto& charged = queue_at(key.queue);
  global_pass_ = std::max(global_pass_, charged.pass);
  set_pass(key.queue, charged, global_pass_ + cost(charged, count));
  std::uint64_t update_number = 0;
  change(key, [&](group::lane& lane) {
    lane.reserved += count;
    update_number = lane.update_number;
  });
  return update_number;
}

void lane_scheduler::record_granted(const lane_key& key, std::size_t count, std::size_t granted,
                                    std::uint64_t update_number) {
  refund(key.queue, count - granted);
  const auto& groups = queue_at(key.queue).groups;
  const auto found = groups.find(key.kind);
  if (found == groups.end() || found->second.lanes.count(key.shard) == 0)
    return;
  change(key, [&](group::lane& lane) {
    lane.reserved -= std::min(lane.reserved, count);
    // A later update may or may not reflect this answer. Too many open tasks are corrected by the
    // next short answer; too few would leave tasks waiting.
    if (lane.update_number == update_number)
      lane.waiting = granted < count ? 0 : lane.waiting - std::min(lane.waiting, granted);
  });
}

void lane_scheduler::refund(name_index queue_index, std::size_t count) {
  auto& charged = queue_at(queue_index);
  if (count > 0)
    set_pass(queue_index, charged, charged.pass - std::min(charged.pass, cost(charged, count)));
}

/// The pass of a queue without lanes counts only while it is ahead of others that are open: a queue
/// that opens starts at the pass of the others anyway.
void lane_scheduler::forget_idle(std::vector<bool>& used) {
  for (std::size_t index = 0; index < queues_.size(); ++index) {
    auto& known = queues_[index];
    if (!known)
      continue;
    if (known->groups.empty() && (weight_total_ == 0 || known->pass <= global_pass_)) {
      known.reset();
      continue;
    }
    used[index] = true;
    for (const auto& [kind, lanes_of_kind] : known->groups)
      used[kind] = true;
  }
}

void lane_scheduler::shrink(std::size_t end) {
  if (queues_.size() > end)
    queues_.resize(end);
  if (turns_.size() > end)
    turns_.resize(end);
  queues_.shrink_to_fit();
  turns_.shrink_to_fit();
}

const std::set<lane_scheduler::turn>& lane_scheduler::turns_of(name_index kind) const {
  static const std::set<turn> none;
  return kind < turns_.size() ? turns_[kind] : none;
}

const lane_scheduler::queue* lane_scheduler::find(name_index queue_index) const {
  return queue_index < queues_.size() ? queues_[queue_index].get() : nullptr;
}

/// Changes a lane, and updates every index of whether it has open tasks.
template <class Change>
void lane_scheduler::change(const lane_key& key, Change apply) {
  auto& changed = queue_at(key.queue);
  auto& lanes_of_kind = changed.groups[key.kind];
  auto& lane = lanes_of_kind.lanes[key.shard];
  const auto was_open = !lanes_of_kind.open.empty();
  if (lane.open() > 0)
    lanes_of_kind.open.erase(rank(lane, key.shard));
  apply(lane);
  if (lane.open() > 0)
    lanes_of_kind.open.insert(rank(lane, key.shard));
  const auto is_open = !lanes_of_kind.open.empty();
  if (is_open && !was_open)
    open(changed, key);
  if (was_open && !is_open)
    close(changed, key);
  if (lane.waiting > 0 || lane.reserved > 0) {
    by_shard_[key.shard].insert({key.queue, key.kind});
    return;
  }
  by_shard_[key.shard].erase({key.queue, key.kind});
  lanes_of_kind.lanes.erase(key.shard);
  if (lanes_of_kind.lanes.empty())
    changed.groups.erase(key.kind);
}

void lane_scheduler::open(queue& opened, const lane_key& key) {
  if (opened.open_groups++ == 0) {
    weight_total_ += opened.weight;
    opened.pass = std::max(opened.pass, global_pass_);
  }
  turns_at(key.kind).insert({opened.pass, key.queue});
}

void lane_scheduler::close(queue& closed, const lane_key& key) {
  turns_at(key.kind).erase({closed.pass, key.queue});
  if (--closed.open_groups == 0)
    weight_total_ -= closed.weight;
}

void lane_scheduler::set_pass(name_index queue_index, queue& charged, std::uint64_t pass) {
  for (const auto& [kind, lanes_of_kind] : charged.groups) {
    if (lanes_of_kind.open.empty())
      continue;
    turns_at(kind).erase({charged.pass, queue_index});
    turns_at(kind).insert({pass, queue_index});
  }
  charged.pass = pass;
}

void lane_scheduler::set_weight(queue& changed, std::uint32_t weight) {
  weight = std::clamp(weight, 1U, weight_max);
  if (changed.is_open())
    weight_total_ += weight - std::uint64_t{changed.weight};
  changed.weight = weight;
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
