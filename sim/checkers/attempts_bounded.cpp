#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"

namespace belfry::sim {

namespace {

/// A snoozed or interrupted run refunds its attempt; each other run uses one.
class attempts_checker : public checker {
public:
  attempts_checker() : checker("attempts bounded") {}

  void observe(const observation& event, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&event))
      policies_[offered->tag] = offered->spec.retry;
    else if (const auto* accepted = std::get_if<task_accepted>(&event);
             accepted && !accepted->is_duplicate)
      tags_[accepted->id] = accepted->tag;
    else if (const auto* started = std::get_if<run_started>(&event); started && started->tag != 0)
      tags_[started->id] = started->tag;
    else if (const auto* ended = std::get_if<run_ended>(&event))
      count(*ended);
    else if (const auto* observed = std::get_if<task_observed>(&event))
      check(observed->info);
    else if (std::get_if<disk_replaced>(&event))
      tags_.clear(), costs_.clear();
  }

private:
  struct costs {
    std::uint32_t failures = 0;
    std::uint32_t crashes = 0;
  };

  void count(const run_ended& event) {
    auto& spent = costs_[event.id];
    if (event.outcome == run_ended::ending::failed)
      ++spent.failures;
    else if (event.outcome == run_ended::ending::crashed)
      ++spent.crashes;
    const auto* tag = tags_.find(event.id);
    if (!tag)
      return;
    const auto& policy = policies_[*tag];
    if (spent.failures + spent.crashes > policy.attempts_max)
      report("task " + to_string(event.id) + " was tried more than " +
             std::to_string(policy.attempts_max) + " times");
    if (spent.crashes > policy.crashes_max)
      report("task " + to_string(event.id) + " crashed more than " +
             std::to_string(policy.crashes_max) + " times");
  }

  void check(const task_info& info) {
    const auto* tag = tags_.find(info.id);
    if (!tag)
      return;
    const auto& policy = policies_[*tag];
    if (info.attempt > policy.attempts_max || info.crashes > policy.crashes_max)
      report("task " + to_string(info.id) + " says it is at attempt " +
             std::to_string(info.attempt) + " with " + std::to_string(info.crashes) + " crashes");
  }

  paged_map<task_tag, retry_policy> policies_;
  paged_map<task_id, task_tag> tags_;
  paged_map<task_id, costs> costs_;
};

} // namespace

std::unique_ptr<checker> attempts_bounded() {
  return std::make_unique<attempts_checker>();
}

} // namespace belfry::sim
