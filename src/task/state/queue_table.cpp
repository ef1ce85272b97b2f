#include "task/state/queue_table.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t oldest_steps_max = 10'000;

} // namespace

std::uint32_t queue_table::index_of(const std::string& name) {
  const auto [found, is_new] = indexes_.try_emplace(name);
  if (is_new) {
    found->second = free_index();
    names_[found->second].text = name;
  }
  return found->second;
}

/// The smallest index that stands for no name.
std::uint32_t queue_table::free_index() {
  if (free_.empty()) {
    names_.emplace_back();
    return static_cast<std::uint32_t>(names_.size() - 1);
  }
  return free_.extract(free_.begin()).value();
}

void queue_table::release_name(std::uint32_t index) {
  if (--names_[index].uses > 0)
    return;
  indexes_.erase(names_[index].text);
  names_[index] = {};
  free_.insert(index);
  while (!names_.empty() && free_.erase(static_cast<std::uint32_t>(names_.size() - 1)) > 0)
    names_.pop_back();
}

std::optional<std::uint32_t> queue_table::find_index(const std::string& name) const {
  const auto found = indexes_.find(name);
  return found == indexes_.end() ? std::nullopt : std::optional{found->second};
}

void queue_table::add_rules(lane_name lane, std::int32_t priority) {
  const auto [found, is_new] = queue_at(lane.first).lanes.try_emplace(lane.second);
  auto& entry = found->second;
  ++entry.rules;
  entry.priority_min = std::min(entry.priority_min, priority);
  if (!is_new)
    return;
  entry.queue = lane.first;
  ++names_[lane.second].uses;
}

void queue_table::remove_rules(lane_name lane) {
  --queues_.at(lane.first).lanes.at(lane.second).rules;
  forget_if_unused(lane);
}

/// The queue with this name index, which is added, with the usual settings, if it is new.
queue_table::queue_entry& queue_table::queue_at(std::uint32_t index) {
  const auto [found, is_new] = queues_.try_emplace(index);
  if (is_new) {
    found->second.settings.queue = names_[index].text;
    ++names_[index].uses;
  }
  return found->second;
}

/// A changed lane is kept until its change was taken: the dispatcher must hear that it is empty.
void queue_table::forget_if_unused(lane_name lane) {
  const auto queue = queues_.find(lane.first);
  if (queue == queues_.end())
    return;
  auto& lanes = queue->second.lanes;
  const auto found = lanes.find(lane.second);
  if (found != lanes.end() && found->second.rules == 0 && !found->second.is_changed) {
    lanes.erase(found);
    release_name(lane.second);
  }
  forget_queue_if_unused(lane.first);
}

void queue_table::forget_queue_if_unused(std::uint32_t index) {
  const auto found = queues_.find(index);
  if (!found->second.lanes.empty() ||
      found->second.settings != queue_settings{.queue = found->second.settings.queue})
    return;
  queues_.erase(found);
  release_name(index);
}

const queue_table::queue_entry* queue_table::find(const std::string& queue) const {
  const auto index = indexes_.find(queue);
  const auto found = index == indexes_.end() ? queues_.end() : queues_.find(index->second);
  return found == queues_.end() ? nullptr : &found->second;
}

void queue_table::set(queue_settings& settings) {
  const auto index = index_of(settings.queue);
  auto& queue = queue_at(index);
  queue.settings = std::move(settings);
  for (auto& [kind, lane] : queue.lanes)
    mark_changed(lane, {index, kind});
  forget_queue_if_unused(index);
}

ready_lane& queue_table::lane_for_update(const task_rules& rules) {
  auto& lane = at(rules.queue).lanes.at(rules.kind);
  mark_changed(lane, {rules.queue, rules.kind});
  return lane.tasks;
}

std::optional<instant> queue_table::oldest_due(const lane_entry& lane) const {
  const auto counts = [&](const ready_entry& entry) { return is_valid(entry, lane); };
  return lane.tasks.oldest_due(counts, lane.priority_min, oldest_steps_max);
}

std::vector<ready_summary> queue_table::ready_lanes() const {
  std::vector<ready_summary> summaries;
  for (const auto& [index, queue] : queues_)
    for (const auto& [kind, lane] : queue.lanes)
      if (lane.tasks.size() > 0)
        summaries.push_back({.queue = names_[index].text,
                             .kind = names_[kind].text,
                             .count = lane.tasks.size(),
                             .oldest_due = oldest_due(lane)});
  return summaries;
}

/// Former entries of a task that is changed again and again must not fill the memory.
void queue_table::add_changed(const task_rules& rules, const ready_entry& entry) {
  lane_for_update(rules).add(entry);
  auto& lane = at(rules.queue).lanes.at(rules.kind);
  lane.tasks.drop_stale_if_many([&](const ready_entry& kept) { return is_valid(kept, lane); });
}

std::vector<lane_summary> queue_table::lanes() {
  std::vector<lane_summary> summaries;
  for (auto& [index, queue] : queues_)
    for (auto& [kind, lane] : queue.lanes)
      if (auto summary = summary_of(queue, {index, kind}, lane); summary.waiting > 0)
        summaries.push_back(std::move(summary));
  for (const auto& name : take_changed_names())
    forget_if_unused(name);
  return summaries;
}

std::vector<lane_summary> queue_table::take_changed_lanes() {
  std::vector<lane_summary> summaries;
  for (const auto& name : take_changed_names()) {
    auto& queue = queues_.at(name.first);
    auto& lane = queue.lanes.at(name.second);
    summaries.push_back(summary_of(queue, name, lane));
    if (lane.rules == 0)
      forget_if_unused(name);
  }
  return summaries;
}

/// The lanes that have changed. Marks them as unchanged.
const std::vector<queue_table::lane_name>& queue_table::take_changed_names() {
  for (const auto& [queue, kind] : changed_lanes_)
    queues_.at(queue).lanes.at(kind).is_changed = false;
  taken_lanes_.clear();
  taken_lanes_.swap(changed_lanes_);
  return taken_lanes_;
}

void queue_table::mark_changed(lane_entry& lane, lane_name name) {
  if (!std::exchange(lane.is_changed, true))
    changed_lanes_.push_back(name);
}

/// Whether `entry`, which is in `lane`, says what its task is. Most lanes have no former entries:
/// they do without the rules.
bool queue_table::is_valid(const ready_entry& entry, const lane_entry& lane) const {
  const auto* record = tasks_.find(entry.id.serial());
  if (!record || record->state != task_state::ready || record->due != entry.due)
    return false;
  if (!lane.has_former_entries)
    return true;
  const auto& rules = rules_[record->rules];
  return rules.priority == entry.priority && rules.queue == lane.queue;
}

lane_summary queue_table::summary_of(const queue_entry& queue, lane_name name,
                                     lane_entry& lane) const {
  lane_summary summary;
  summary.queue = names_[name.first].text;
  summary.kind = names_[name.second].text;
  summary.weight = queue.settings.weight;
  const auto* next = front(lane);
  if (!next || queue.settings.is_paused)
    return summary;
  summary.waiting = lane.tasks.size();
  summary.priority = next->priority;
  summary.due = next->due;
  return summary;
}

} // namespace belfry
