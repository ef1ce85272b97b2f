#include "checkers/checker.hpp"

#include <map>
#include <set>

namespace belfry::sim {

namespace {

/// Leaves out the tasks of schedules, which keep running when all other tasks are settled. Each
/// schedule has a queue of its own.
class counts_checker : public checker {
public:
  counts_checker() : checker("counts agree") {}

  void observe(const observation& event, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&event))
      queues_.insert(offered->spec.queue);
    else if (const auto* requested = std::get_if<change_requested>(&event);
             requested && requested->change.queue)
      queues_.insert(*requested->change.queue);
    else if (const auto* listed = std::get_if<tasks_listed>(&event))
      compare(listed->tasks);
    else if (const auto* counted = std::get_if<tasks_counted>(&event))
      compare(counted->counts);
    else if (std::get_if<disk_replaced>(&event))
      knows_all_ = false;
  }

  void finish() override {
    if (lists_ == 1)
      report("the tasks could not be listed after the last restart");
  }

private:
  using counts = std::map<std::pair<std::string, task_state>, std::uint64_t>;

  void compare(const std::vector<task_info>& tasks) {
    std::map<task_id, task_info> listed;
    counts_.clear();
    for (const auto& task : tasks) {
      if (!knows_all_ && !is_settled(task.state))
        continue;
      if (!queues_.contains(task.queue))
        continue;
      ++counts_[{task.queue, task.state}];
      if (!listed.emplace(task.id, task).second)
        report("task " + to_string(task.id) + " is listed twice");
    }
    if (++lists_ > 1 && listed != listed_)
      report_difference(listed);
    listed_ = std::move(listed);
  }

  void report_difference(const std::map<task_id, task_info>& current) {
    for (const auto& [id, known] : listed_)
      if (const auto found = current.find(id); found == current.end())
        report("task " + to_string(id) + " is missing after a restart");
      else if (found->second != known)
        report("task " + to_string(id) + " has changed after a restart");
    for (const auto& [id, task] : current)
      if (knows_all_ && !listed_.contains(id))
        report("task " + to_string(id) + " is new after a restart");
  }

  void compare(counts claimed) {
    if (!knows_all_)
      return;
    std::erase_if(claimed, [this](const auto& entry) {
      return entry.second == 0 || !queues_.contains(entry.first.first);
    });
    for (const auto& [lane, count] : claimed)
      if (counts_[lane] != count)
        report_violation(lane, count);
    for (const auto& [lane, count] : counts_)
      if (!claimed.contains(lane))
        report_violation(lane, 0);
  }

  void report_violation(const std::pair<std::string, task_state>& lane, std::uint64_t claimed) {
    report("queue '" + lane.first + "' counts " + std::to_string(claimed) + ' ' +
           std::string{to_string(lane.second)} + " tasks, but " + std::to_string(counts_[lane]) +
           " are listed");
  }

  std::map<task_id, task_info> listed_;
  counts counts_;                // Of the tasks listed last.
  std::set<std::string> queues_; // Of offered tasks.
  int lists_ = 0;
  bool knows_all_ = true; // Unknown tasks of a restored disk may still be open.
};

} // namespace

std::unique_ptr<checker> counts_agree() {
  return std::make_unique<counts_checker>();
}

} // namespace belfry::sim
