#include "task/state/queue_table.hpp"

namespace belfry {

std::uint32_t queue_table::index_of(const std::string& name) {
  auto [found, is_new] = indexes_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
  if (is_new)
    names_.push_back(name);
  return found->second;
}

std::optional<std::uint32_t> queue_table::find_index(const std::string& name) const {
  const auto found = indexes_.find(name);
  return found == indexes_.end() ? std::nullopt : std::optional{found->second};
}

queue_table::queue_entry& queue_table::at(std::uint32_t index) {
  auto [found, is_new] = queues_.try_emplace(index);
  if (is_new)
    found->second.settings.queue = names_[index];
  return found->second;
}

const queue_table::queue_entry* queue_table::find(const std::string& queue) const {
  const auto index = indexes_.find(queue);
  const auto found = index == indexes_.end() ? queues_.end() : queues_.find(index->second);
  return found == queues_.end() ? nullptr : &found->second;
}

std::uint32_t queue_table::set(queue_settings& settings) {
  const auto index = index_of(settings.queue);
  auto& queue = at(index);
  queue.settings = std::move(settings);
  for (auto& [kind, lane] : queue.lanes)
    mark_changed(lane, {index, kind});
  return index;
}

ready_lane& queue_table::lane_for_update(const task_rules& rules) {
  auto& lane = at(rules.queue).lanes[rules.kind];
  mark_changed(lane, {rules.queue, rules.kind});
  return lane.tasks;
}

std::vector<lane_summary> queue_table::lanes() {
  std::vector<lane_summary> summaries;
  changed_lanes_.clear();
  for (auto& [index, queue] : queues_)
    for (auto& [kind, lane] : queue.lanes) {
      lane.is_changed = false;
      if (auto summary = summary_of(queue, {index, kind}, lane); summary.waiting > 0)
        summaries.push_back(std::move(summary));
    }
  return summaries;
}

std::vector<lane_summary> queue_table::take_changed_lanes() {
  std::vector<lane_summary> summaries;
  for (const auto& name : changed_lanes_) {
    auto& queue = queues_.at(name.first);
    auto& lane = queue.lanes.at(name.second);
    lane.is_changed = false;
    summaries.push_back(summary_of(queue, name, lane));
  }
  changed_lanes_.clear();
  return summaries;
}

void queue_table::mark_changed(lane_entry& lane, lane_name name) {
  if (!std::exchange(lane.is_changed, true))
    changed_lanes_.push_back(name);
}

bool queue_table::is_valid(const ready_entry& entry) const {
  const auto* record = tasks_.find(entry.id.serial());
  return record && record->state == task_state::ready && record->due == entry.due;
}

lane_summary queue_table::summary_of(const queue_entry& queue, lane_name name,
                                     lane_entry& lane) const {
  lane_summary summary;
  summary.queue = names_[name.first];
  summary.kind = names_[name.second];
  summary.weight = queue.settings.weight;
  const auto* next = front(lane.tasks);
  if (!next || queue.settings.is_paused)
    return summary;
  summary.waiting = lane.tasks.size();
  summary.priority = next->priority;
  summary.due = next->due;
  return summary;
}

} // namespace belfry
