#include "checkers/checker.hpp"

#include <map>
#include <set>
#include <utility>

namespace belfry::sim {

namespace {

class deferred_checker : public checker {
public:
  deferred_checker() : checker("deferred is delivered") {}

  void observe(const observation& event, instant) override {
    if (const auto* deferred = std::get_if<task_deferred>(&event))
      names_.try_emplace({deferred->queue, deferred->key});
    else if (const auto* listed = std::get_if<tasks_listed>(&event))
      for (const auto& task : listed->tasks)
        check(task);
  }

  void finish() override {
    for (const auto& [name, ids] : names_)
      if (ids.empty())
        report("the task that an outbox accepted as '" + name.second + "' is missing");
  }

private:
  void check(const task_info& info) {
    const auto found = names_.find({info.queue, info.key});
    if (found == names_.end() || !found->second.insert(info.id).second)
      return;
    // A key chosen by the user may be reused when its time to live is over.
    if (found->second.size() > 1 && info.key.starts_with("~"))
      report("the task that an outbox accepted as '" + info.key + "' became " +
             std::to_string(found->second.size()) + " tasks");
  }

  std::map<std::pair<std::string, std::string>, std::set<task_id>> names_; // Queue and key.
};

} // namespace

std::unique_ptr<checker> deferred_delivered() {
  return std::make_unique<deferred_checker>();
}

} // namespace belfry::sim
