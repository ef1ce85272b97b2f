#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"

#include <set>

namespace belfry::sim {

namespace {

/// A worker that is partitioned from its server may continue a run that was reassigned. While all
/// connections last and no process stalls, no two runs of a task may overlap.
class overlap_checker : public checker {
public:
  overlap_checker() : checker("one at a time") {}

  void observe(const observation& event, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&event))
      record_time_limit(*offered);
    else if (const auto* started = std::get_if<run_started>(&event))
      check_start(*started);
    else if (const auto* ended = std::get_if<run_ended>(&event))
      open_[ended->id].erase(ended->token);
    else if (const auto* injected = std::get_if<fault_injected>(&event))
      may_lose_workers_ |= !keeps_sessions(injected->description);
  }

private:
  static bool keeps_sessions(const std::string& fault) {
    return fault.starts_with("actor_kill ") || fault.starts_with("worker_crash");
  }

  /// A handler that ignores its time limit overlaps with the next run.
  void record_time_limit(const task_offered& event) {
    if (event.spec.timeout > duration{0})
      limited_.insert(event.tag);
  }

  void check_start(const run_started& event) {
    auto& open = open_[event.id];
    if (!may_lose_workers_ && !open.empty() && !limited_.contains(event.tag))
      report("task " + to_string(event.id) + " started with token " +
             std::to_string(event.token.value) + " while its run with token " +
             std::to_string(open.begin()->value) + " is in progress");
    open.insert(event.token);
  }

  paged_map<task_id, std::set<fencing_token>> open_; // Runs in progress.
  std::set<task_tag> limited_;                       // With a time limit.
  bool may_lose_workers_ = false; // Sessions may expire unnoticed by their workers.
};

} // namespace

std::unique_ptr<checker> one_at_a_time() {
  return std::make_unique<overlap_checker>();
}

} // namespace belfry::sim
