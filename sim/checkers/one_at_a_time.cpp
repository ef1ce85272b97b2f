#include "checkers/checker.hpp"
#include "observation/book.hpp"

#include <set>

namespace belfry::sim {

namespace {

/// A worker that is cut off, or whose server is away, may go on with a run that was given to
/// another. But while connections last and nobody stands still, there is no reason for that.
class one_checker : public checker {
public:
  one_checker() : checker("one at a time") {}

  void observe(const observation& what, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&what))
      note(*offered);
    else if (const auto* started = std::get_if<run_started>(&what))
      begin(*started);
    else if (const auto* over = std::get_if<run_ended>(&what))
      open_[over->id].erase(over->token);
    else if (const auto* injected = std::get_if<fault_injected>(&what))
      are_lost_ |= !is_gentle(injected->what);
  }

private:
  static bool is_gentle(const std::string& fault) {
    return fault.starts_with("actor_kill ") || fault.starts_with("worker_crash");
  }

  /// A handler that does not end when its time is over goes on beside its successor.
  void note(const task_offered& it) {
    if (it.spec.timeout > duration{0})
      limited_.insert(it.tag);
  }

  void begin(const run_started& it) {
    auto& open = open_[it.id];
    if (!are_lost_ && !open.empty() && !limited_.contains(it.tag))
      report("task " + to_string(it.id) + " began with token " + std::to_string(it.token.value) +
             " while its run with token " + std::to_string(open.begin()->value) + " goes on");
    open.insert(it.token);
  }

  book<task_id, std::set<fencing_token>> open_; // Runs under way.
  std::set<task_tag> limited_;                  // With a time limit.
  bool are_lost_ = false;                       // Workers may be, without their knowing.
};

} // namespace

std::unique_ptr<checker> one_at_a_time() {
  return std::make_unique<one_checker>();
}

} // namespace belfry::sim
