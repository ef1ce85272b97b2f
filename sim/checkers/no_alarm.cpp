#include "checkers/checker.hpp"

#include <string>

namespace belfry::sim {

namespace {

class alarm_checker : public checker {
public:
  alarm_checker() : checker("no alarm") {}

  void observe(const observation& event, instant) override {
    if (const auto* injected = std::get_if<fault_injected>(&event)) {
      may_lose_storage_ = may_lose_storage_ || injected->description.starts_with("storage_");
      may_alarm_ = may_alarm_ || injected->description.starts_with("disk") ||
                   injected->description.starts_with("storage_crash") ||
                   injected->description.starts_with("actor_killed_repeatedly");
    } else if (const auto* audit = std::get_if<audit_failed>(&event))
      report("audit: " + audit->description);
    else if (const auto* threw = std::get_if<actor_threw>(&event))
      report("an actor threw: " + threw->description);
    else if (!may_alarm_)
      listen(event);
  }

private:
  void listen(const observation& event) {
    if (const auto* line = std::get_if<line_logged>(&event);
        line && line->is_error && !(may_lose_storage_ && is_storage_outage(line->text)))
      report("logged: " + line->text);
    else if (const auto* failed = std::get_if<server_failed>(&event))
      report("the server failed: " + failed->reason);
  }

  static bool is_storage_outage(const std::string& text) {
    return text.starts_with("journal.unavailable ") || text.starts_with("cluster.storage_outage ");
  }

  bool may_lose_storage_ = false; // A fault may have cut off the storage.
  bool may_alarm_ = false;        // The disk fails, or kills of an actor exceed its restart budget.
};

} // namespace

std::unique_ptr<checker> no_alarm() {
  return std::make_unique<alarm_checker>();
}

} // namespace belfry::sim
