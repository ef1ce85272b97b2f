#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"
#include "observation/task_scripts.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace belfry::sim {

namespace {

/// Each change of a task makes a new edition of it. A run has the edition that was acknowledged
/// when its grant was sent, or one whose answer was on its way then. As in `nothing_early`, a
/// frozen owner may send an older grant later; no worker may start its run.
class changes_checker : public checker {
public:
  changes_checker() : checker("changes hold") {}

  void observe(const observation& event, instant now) override {
    if (const auto* requested = std::get_if<change_requested>(&event))
      request(*requested, now);
    else if (const auto* answered = std::get_if<change_answered>(&event))
      answer(*answered);
    else if (const auto* granted = std::get_if<run_granted>(&event))
      grant(*granted);
    else if (const auto* started = std::get_if<run_started>(&event))
      check_start(*started, now);
    else if (const auto* observed = std::get_if<task_observed>(&event))
      check(*observed);
    else if (const auto* listed = std::get_if<tasks_listed>(&event))
      for (const auto& task : listed->tasks)
        check({task, false});
    else if (const auto* injected = std::get_if<fault_injected>(&event))
      are_clocks_right_ &= !injected->description.starts_with("clock_step");
    else if (std::get_if<disk_replaced>(&event))
      tasks_.for_each([](task_id, known_task& task) { task.restore(); });
  }

private:
  struct edition {
    std::set<std::uint32_t> versions{0};    // Of the payload: one, or several are possible.
    std::optional<instant> due_min{};       // Nothing: as submitted, or at once.
    std::optional<std::int32_t> priority{}; // Nothing: as submitted.
    std::optional<std::string> queue{};     // The same.
    bool is_deleted = false;
    bool is_refused = false;
  };
  struct edition_range {
    std::size_t first = 0;
    std::size_t last = 0;
  };
  struct known_task {
    std::vector<edition> editions{1}; // The first is the submitted or the restored one.
    std::size_t acknowledged = 0;
    std::map<fencing_token, edition_range> grants{}; // Which editions the run may have.
    std::uint32_t latest_version = 0;                // That was started.

    [[nodiscard]] edition_range possible() const { return {acknowledged, editions.size() - 1}; }

    /// A backup may hold any edition that the task had while it was made.
    void restore() {
      edition restored;
      for (const auto& past : editions)
        if (!past.is_refused)
          restored.versions.insert(past.versions.begin(), past.versions.end());
      *this = {.editions = {restored}};
    }
  };

  /// Whether `matches` one of these editions.
  template <class Matches>
  static bool any_of(const known_task& task, edition_range range, Matches matches) {
    const auto begin = task.editions.begin();
    return std::any_of(
        begin + static_cast<std::ptrdiff_t>(range.first),
        begin + static_cast<std::ptrdiff_t>(range.last) + 1, [&](const edition& candidate) {
          return !candidate.is_refused && !candidate.is_deleted && matches(candidate);
        });
  }

  void request(const change_requested& event, instant now) {
    auto& task = tasks_[event.id];
    auto next = task.editions[task.acknowledged];
    const auto& change = event.change;
    next.is_deleted = event.is_deleted;
    if (change.payload)
      next.versions = {task_scripts::version_of(*change.payload)};
    if (change.priority)
      next.priority = change.priority;
    if (change.queue)
      next.queue = change.queue;
    if (change.due)
      next.due_min = change.due;
    else if (change.delay == duration{0})
      next.due_min.reset();
    else if (change.delay)
      next.due_min = now + *change.delay;
    task.editions.push_back(next);
  }

  void answer(const change_answered& event) {
    auto& task = tasks_[event.id];
    if (event.is_made) {
      task.acknowledged = task.editions.size() - 1;
      return;
    }
    if (task.editions.size() == 1)
      return; // It was requested before the disk was replaced.
    auto& refused = task.editions.back();
    refused.is_refused = true;
    if (refused.versions != task.editions[task.acknowledged].versions &&
        refused.versions.contains(task.latest_version))
      report("a change of task " + to_string(event.id) + " was refused, but a run has its payload");
  }

  void grant(const run_granted& event) {
    auto& task = tasks_[event.id];
    task.grants.try_emplace(event.token, task.possible());
  }

  void check_start(const run_started& event, instant now) {
    auto* task = tasks_.find(event.id);
    if (!task)
      return;
    task->latest_version = event.version;
    const auto granted = task->grants.find(event.token);
    if (granted == task->grants.end())
      return; // `nothing_early` reports it.
    const auto range = granted->second;
    if (task->editions[range.first].is_deleted)
      return report_start(event, "by a grant after its deletion was acknowledged");
    const auto has_version = [&](const edition& candidate) {
      return candidate.versions.contains(event.version);
    };
    if (!any_of(*task, range, has_version))
      return report_start(
          event, "with version " + std::to_string(event.version) + " of its payload, not with " +
                     std::to_string(*task->editions[range.first].versions.rbegin()));
    const auto is_due = [&](const edition& candidate) {
      return has_version(candidate) && candidate.due_min.value_or(now) <= now;
    };
    if (are_clocks_right_ && !any_of(*task, range, is_due))
      report_start(event, "before the instant that it was moved to");
  }

  /// A task in a list is as up to date as the latest acknowledgement: tasks are listed when all
  /// changes have been answered.
  void check(const task_observed& event) {
    const auto& info = event.info;
    const auto* task = event.may_be_outdated ? nullptr : tasks_.find(info.id);
    if (!task)
      return;
    if (task->editions[task->acknowledged].is_deleted)
      return report("task " + to_string(info.id) +
                    " is there though its deletion was acknowledged");
    const auto is_shown = [&](const edition& candidate) {
      return candidate.queue.value_or(info.queue) == info.queue &&
             candidate.priority.value_or(info.priority) == info.priority;
    };
    if (!any_of(*task, task->possible(), is_shown))
      report("task " + to_string(info.id) + " is in queue '" + info.queue + "' with priority " +
             std::to_string(info.priority) + ", which it was not changed to");
  }

  void report_start(const run_started& event, const std::string& description) {
    report("task " + to_string(event.id) + " started " + description);
  }

  paged_map<task_id, known_task> tasks_;
  bool are_clocks_right_ = true; // So far.
};

} // namespace

std::unique_ptr<checker> changes_hold() {
  return std::make_unique<changes_checker>();
}

} // namespace belfry::sim
