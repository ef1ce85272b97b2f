#include "checkers/checker.hpp"

#include <map>
#include <set>

namespace belfry::sim {

namespace {

/// Schedules go on when all else is settled: their tasks, each schedule's in a queue of its own,
/// are left out.
class books_checker : public checker {
public:
  books_checker() : checker("books agree") {}

  void observe(const observation& what, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&what))
      queues_.insert(offered->spec.queue);
    else if (const auto* listed = std::get_if<tasks_listed>(&what))
      compare(listed->tasks);
    else if (const auto* counted = std::get_if<tasks_counted>(&what))
      compare(counted->counts);
    else if (std::get_if<disk_replaced>(&what))
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
    for (const auto& one : tasks) {
      if (!knows_all_ && !is_settled(one.state))
        continue;
      if (!queues_.contains(one.queue))
        continue;
      ++counts_[{one.queue, one.state}];
      if (!listed.emplace(one.id, one).second)
        report("task " + to_string(one.id) + " is listed twice");
    }
    if (++lists_ > 1 && listed != listed_)
      report_difference(listed);
    listed_ = std::move(listed);
  }

  void report_difference(const std::map<task_id, task_info>& now) {
    for (const auto& [id, known] : listed_)
      if (const auto found = now.find(id); found == now.end())
        report("task " + to_string(id) + " is gone after a restart");
      else if (found->second != known)
        report("task " + to_string(id) + " is another after a restart");
    for (const auto& [id, one] : now)
      if (knows_all_ && !listed_.contains(id))
        report("task " + to_string(id) + " is new after a restart");
  }

  void compare(counts claimed) {
    if (!knows_all_)
      return;
    std::erase_if(claimed, [this](const auto& one) {
      return one.second == 0 || !queues_.contains(one.first.first);
    });
    for (const auto& [what, count] : claimed)
      if (counts_[what] != count)
        print_error(what, count);
    for (const auto& [what, count] : counts_)
      if (!claimed.contains(what))
        print_error(what, 0);
  }

  void print_error(const std::pair<std::string, task_state>& what, std::uint64_t claimed) {
    report("queue '" + what.first + "' counts " + std::to_string(claimed) + ' ' +
           std::string{to_string(what.second)} + " tasks, but " + std::to_string(counts_[what]) +
           " are listed");
  }

  std::map<task_id, task_info> listed_;
  counts counts_;                // Of those that were listed last.
  std::set<std::string> queues_; // Of tasks that were offered.
  int lists_ = 0;
  bool knows_all_ = true; // Tasks of a restored disk that nobody waits for may still be open.
};

} // namespace

std::unique_ptr<checker> books_agree() {
  return std::make_unique<books_checker>();
}

} // namespace belfry::sim
