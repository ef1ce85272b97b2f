#include "checkers/checker.hpp"

#include <map>
#include <set>
#include <utility>

namespace belfry::sim {

namespace {

class deferred_checker : public checker {
public:
  deferred_checker() : checker("deferred is delivered") {}

  void observe(const observation& what, instant) override {
    if (const auto* deferred = std::get_if<task_deferred>(&what))
      names_.try_emplace({deferred->queue, deferred->key});
    else if (const auto* listed = std::get_if<tasks_listed>(&what))
      for (const auto& one : listed->tasks)
        look_at(one);
  }

  void finish() override {
    for (const auto& [name, ids] : names_)
      if (ids.empty())
        report("what an outbox accepted as '" + name.second + "' is nowhere");
  }

private:
  void look_at(const task_info& info) {
    const auto found = names_.find({info.queue, info.key});
    if (found == names_.end() || !found->second.insert(info.id).second)
      return;
    // A key of the user's own may be used again when its time is over.
    if (found->second.size() > 1 && info.key.starts_with("~"))
      report("what an outbox accepted as '" + info.key + "' became " +
             std::to_string(found->second.size()) + " tasks");
  }

  std::map<std::pair<std::string, std::string>, std::set<task_id>> names_; // Queue and key.
};

} // namespace

std::unique_ptr<checker> deferred_delivered() {
  return std::make_unique<deferred_checker>();
}

} // namespace belfry::sim
