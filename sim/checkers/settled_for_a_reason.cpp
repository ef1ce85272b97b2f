#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"

#include <algorithm>
#include <set>

namespace belfry::sim {

namespace {

class reasons_checker : public checker {
public:
  reasons_checker() : checker("settled for a reason") {}

  void observe(const observation& event, instant now) override {
    latest_ = std::max(latest_, now); // The clock may have been set back since.
    if (const auto* offered = std::get_if<task_offered>(&event))
      plan(*offered);
    else if (const auto* accepted = std::get_if<task_accepted>(&event);
             accepted && !accepted->is_duplicate)
      tags_[accepted->id] = accepted->tag;
    else if (const auto* granted = std::get_if<run_granted>(&event))
      runs_[granted->id].insert(granted->token);
    else if (const auto* cancel = std::get_if<cancel_requested>(&event))
      cancels_.insert(cancel->id);
    else if (const auto* change = std::get_if<change_requested>(&event);
             change && change->is_deleted)
      cancels_.insert(change->id); // A task that waits is cancelled first.
    else if (const auto* observed = std::get_if<task_observed>(&event))
      check(observed->info);
    else if (const auto* injected = std::get_if<fault_injected>(&event))
      knows_grants_ &= !may_hide_grants(injected->description);
    else if (std::get_if<disk_replaced>(&event))
      tags_.clear(), runs_.clear();
  }

private:
  /// A server that dies between writing and sending a grant must count it as a run if the session
  /// of its worker ends as well.
  static bool may_hide_grants(const std::string& fault) {
    return fault.starts_with("server_crash") || fault.starts_with("actor_kill") ||
           fault.starts_with("disk") || fault.starts_with("storage");
  }

  struct expectation {
    std::optional<instant> deadline{}; // The earliest.
    retry_policy retry{};
  };

  void plan(const task_offered& event) {
    const auto& spec = event.spec;
    expectations_[event.tag] = {spec.start_by ? spec.start_by : spec.complete_by, spec.retry};
  }

  void check(const task_info& info) {
    const auto* tag = tags_.find(info.id);
    if (!tag)
      return;
    const auto& known = expectations_[*tag];
    if (info.state == task_state::cancelled && !cancels_.contains(info.id))
      report_violation(info, "without a request");
    if (info.state == task_state::expired && (!known.deadline || latest_ <= *known.deadline))
      report_violation(info, "but may still start");
    if (info.state == task_state::dead && !is_given_up(info, known.retry))
      report_violation(info, "after " + std::to_string(runs_[info.id].size()) + " runs");
  }

  /// Each run may have used an attempt, including one that succeeded after its lease had expired.
  [[nodiscard]] bool is_given_up(const task_info& info, const retry_policy& policy) {
    const auto runs = runs_[info.id].size();
    return !knows_grants_ || runs >= std::min(policy.attempts_max, policy.crashes_max) ||
           (runs > 0 && info.last_error.starts_with("hopeless"));
  }

  void report_violation(const task_info& info, const std::string& description) {
    report("task " + to_string(info.id) + " is " + std::string{to_string(info.state)} + ' ' +
           description);
  }

  paged_map<task_tag, expectation> expectations_;
  paged_map<task_id, task_tag> tags_;
  paged_map<task_id, std::set<fencing_token>> runs_; // Granted by the server.
  std::set<task_id> cancels_;                        // Requested.
  bool knows_grants_ = true;
  instant latest_{};
};

} // namespace

std::unique_ptr<checker> settled_for_a_reason() {
  return std::make_unique<reasons_checker>();
}

} // namespace belfry::sim
