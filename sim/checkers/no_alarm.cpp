#include "checkers/checker.hpp"

namespace belfry::sim {

namespace {

class alarm_checker : public checker {
public:
  alarm_checker() : checker("no alarm") {}

  void observe(const observation& what, instant) override {
    if (const auto* injected = std::get_if<fault_injected>(&what))
      may_alarm_ = may_alarm_ || injected->what.starts_with("disk") ||
                   injected->what.starts_with("storage_crash") ||
                   injected->what.starts_with("actor_killed_for_good");
    else if (const auto* audit = std::get_if<audit_failed>(&what))
      report("audit: " + audit->what);
    else if (const auto* threw = std::get_if<actor_threw>(&what))
      report("an actor threw: " + threw->what);
    else if (!may_alarm_)
      listen(what);
  }

private:
  void listen(const observation& what) {
    if (const auto* line = std::get_if<line_logged>(&what); line && line->is_error)
      report("logged: " + line->text);
    else if (const auto* gave_up = std::get_if<server_failed>(&what))
      report("the server gave up: " + gave_up->why);
  }

  bool may_alarm_ = false; // The disk fails, or an actor is killed more often than can be borne.
};

} // namespace

std::unique_ptr<checker> no_alarm() {
  return std::make_unique<alarm_checker>();
}

} // namespace belfry::sim
