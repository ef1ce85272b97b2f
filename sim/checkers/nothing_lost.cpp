#include "checkers/checker.hpp"
#include "observation/book.hpp"

#include <optional>
#include <set>

namespace belfry::sim {

namespace {

class nothing_lost_checker : public checker {
public:
  nothing_lost_checker() : checker("nothing lost") {}

  void observe(const observation& what, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&what))
      open_.insert(offered->tag);
    else if (const auto* accepted = std::get_if<task_accepted>(&what))
      accept(*accepted);
    else if (const auto* refused = std::get_if<task_refused>(&what))
      open_.erase(refused->tag);
    else if (const auto* deferred = std::get_if<task_deferred>(&what))
      open_.erase(deferred->tag);
    else if (const auto* missing = std::get_if<task_missing>(&what))
      report("task " + to_string(missing->id) + " was acknowledged and is unknown now");
    else if (const auto* seen = std::get_if<task_observed>(&what))
      look_at(seen->info);
    else if (const auto* cancelled = std::get_if<cancel_acknowledged>(&what))
      cancelled_.insert(cancelled->id);
    else if (std::get_if<disk_replaced>(&what))
      tasks_.clear(), cancelled_.clear();
  }

  void finish() override {
    for (const auto tag : open_)
      report("the submission of tag " + std::to_string(tag) + " was never answered");
    tasks_.for_each([this](task_id id, const promise& one) {
      if (!one.final)
        report("task " + to_string(id) + " is not settled in the end");
    });
  }

private:
  struct promise {
    bool is_given = false; // Somebody knows it as a new task.
    std::optional<task_info> final;
  };

  /// A duplicate may be answered before the task that it names: they are in different batches.
  void accept(const task_accepted& it) {
    open_.erase(it.tag);
    auto& one = tasks_[it.id];
    if (one.is_given && !it.is_duplicate)
      report("the id " + to_string(it.id) + " was given twice");
    one.is_given |= !it.is_duplicate;
  }

  void look_at(const task_info& info) {
    auto& final = tasks_[info.id].final;
    if (final &&
        (final->state != info.state || final->token != info.token || final->output != info.output))
      report("task " + to_string(info.id) + " was settled as " +
             std::string{to_string(final->state)} + " and is " +
             std::string{to_string(info.state)} + " now");
    if (!is_settled(info.state))
      return;
    final = info;
    if (cancelled_.contains(info.id) && info.state != task_state::cancelled &&
        info.state != task_state::succeeded)
      report("task " + to_string(info.id) + " is " + std::string{to_string(info.state)} +
             " though its cancel was acknowledged");
  }

  std::set<task_tag> open_;      // Offered, not answered.
  book<task_id, promise> tasks_; // Acknowledged.
  std::set<task_id> cancelled_;
};

} // namespace

std::unique_ptr<checker> nothing_lost() {
  return std::make_unique<nothing_lost_checker>();
}

} // namespace belfry::sim
