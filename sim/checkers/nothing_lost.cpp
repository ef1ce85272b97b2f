#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"

#include <optional>
#include <set>

namespace belfry::sim {

namespace {

class nothing_lost_checker : public checker {
public:
  nothing_lost_checker() : checker("nothing lost") {}

  void observe(const observation& event, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&event))
      open_.insert(offered->tag);
    else if (const auto* accepted = std::get_if<task_accepted>(&event))
      accept(*accepted);
    else if (const auto* refused = std::get_if<task_refused>(&event))
      open_.erase(refused->tag);
    else if (const auto* deferred = std::get_if<task_deferred>(&event))
      open_.erase(deferred->tag);
    else if (const auto* missing = std::get_if<task_missing>(&event))
      check_missing(missing->id);
    else if (const auto* observed = std::get_if<task_observed>(&event))
      check(observed->info);
    else if (const auto* cancelled = std::get_if<cancel_acknowledged>(&event))
      cancelled_.insert(cancelled->id);
    else if (const auto* requested = std::get_if<change_requested>(&event))
      tasks_[requested->id].may_be_deleted |= requested->is_deleted;
    else if (const auto* answered = std::get_if<change_answered>(&event))
      tasks_[answered->id].may_be_deleted &= answered->is_made;
    else if (std::get_if<disk_replaced>(&event))
      tasks_.clear(), cancelled_.clear();
  }

  void finish() override {
    for (const auto tag : open_)
      report("the submission of tag " + std::to_string(tag) + " was never answered");
    tasks_.for_each([this](task_id id, const accepted_task& task) {
      if (!task.settled && !task.may_be_deleted)
        report("task " + to_string(id) + " is not settled in the end");
    });
  }

private:
  struct accepted_task {
    bool is_acknowledged = false; // As a new task.
    bool may_be_deleted = false;
    std::optional<task_info> settled;
  };

  /// A duplicate may be acknowledged before the original: they are in different batches.
  void accept(const task_accepted& event) {
    open_.erase(event.tag);
    auto& task = tasks_[event.id];
    if (task.is_acknowledged && !event.is_duplicate)
      report("the id " + to_string(event.id) + " was assigned twice");
    task.is_acknowledged |= !event.is_duplicate;
  }

  void check_missing(task_id id) {
    if (!tasks_[id].may_be_deleted)
      report("task " + to_string(id) + " was acknowledged and is unknown now");
  }

  void check(const task_info& info) {
    auto& settled = tasks_[info.id].settled;
    if (settled && (settled->state != info.state || settled->token != info.token ||
                    settled->output != info.output))
      report("task " + to_string(info.id) + " was settled as " +
             std::string{to_string(settled->state)} + " and is " +
             std::string{to_string(info.state)} + " now");
    if (!is_settled(info.state))
      return;
    settled = info;
    if (cancelled_.contains(info.id) && info.state != task_state::cancelled &&
        info.state != task_state::succeeded)
      report("task " + to_string(info.id) + " is " + std::string{to_string(info.state)} +
             " though its cancel was acknowledged");
  }

  std::set<task_tag> open_;                 // Offered, not answered.
  paged_map<task_id, accepted_task> tasks_; // Acknowledged.
  std::set<task_id> cancelled_;
};

} // namespace

std::unique_ptr<checker> nothing_lost() {
  return std::make_unique<nothing_lost_checker>();
}

} // namespace belfry::sim
