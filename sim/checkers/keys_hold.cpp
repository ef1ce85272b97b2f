#include "checkers/checker.hpp"

#include <map>

namespace belfry::sim {

namespace {

class keys_checker : public checker {
public:
  keys_checker() : checker("keys hold") {}

  void see(const observation& what, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&what)) {
      if (!offered->spec.key.empty())
        keys_[offered->tag] = {offered->spec.queue, offered->spec.key};
    } else if (const auto* accepted = std::get_if<task_accepted>(&what)) {
      accept(*accepted);
    }
  }

private:
  using key = std::pair<std::string, std::string>; // Queue and key.

  void accept(const task_accepted& it) {
    const auto offered = keys_.find(it.tag);
    if (offered == keys_.end()) {
      if (it.is_duplicate)
        report("task " + to_string(it.id) + " is a duplicate but has no key");
      return;
    }
    const auto [known, is_new] = ids_.try_emplace(offered->second, it.id);
    if (known->second != it.id)
      report("key '" + offered->second.second + "' names " + to_string(known->second) + " and " +
             to_string(it.id));
  }

  std::map<task_tag, key> keys_;
  std::map<key, task_id> ids_;
};

} // namespace

std::unique_ptr<checker> keys_hold() {
  return std::make_unique<keys_checker>();
}

} // namespace belfry::sim
