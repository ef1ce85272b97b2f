#include "checkers/checker.hpp"
#include "observation/book.hpp"

#include <algorithm>
#include <set>

namespace belfry::sim {

namespace {

class reasons_checker : public checker {
public:
  reasons_checker() : checker("settled for a reason") {}

  void observe(const observation& what, instant now) override {
    latest_ = std::max(latest_, now); // The clock may have been set back since.
    if (const auto* offered = std::get_if<task_offered>(&what))
      wishes_[offered->tag] = {offered->spec.start_by, offered->spec.retry};
    else if (const auto* accepted = std::get_if<task_accepted>(&what);
             accepted && !accepted->is_duplicate)
      tags_[accepted->id] = accepted->tag;
    else if (const auto* granted = std::get_if<run_granted>(&what))
      runs_[granted->id].insert(granted->token);
    else if (const auto* cancel = std::get_if<cancel_requested>(&what))
      cancels_.insert(cancel->id);
    else if (const auto* seen = std::get_if<task_observed>(&what))
      look_at(seen->info);
    else if (const auto* injected = std::get_if<fault_injected>(&what))
      knows_grants_ &= !may_hide_grants(injected->what);
    else if (std::get_if<disk_replaced>(&what))
      tags_.clear(), runs_.clear();
  }

private:
  /// A server that dies after it has written a grant, and before that leaves, must take it for a
  /// run when its worker is gone, too.
  static bool may_hide_grants(const std::string& fault) {
    return fault.starts_with("server_crash") || fault.starts_with("actor_kill") ||
           fault.starts_with("disk") || fault.starts_with("storage");
  }

  struct expectation {
    std::optional<instant> start_by{};
    retry_policy retry{};
  };

  void look_at(const task_info& info) {
    const auto* tag = tags_.find(info.id);
    if (!tag)
      return;
    const auto& known = wishes_[*tag];
    if (info.state == task_state::cancelled && !cancels_.contains(info.id))
      print_error(info, "but nobody asked for that");
    if (info.state == task_state::expired && (!known.start_by || latest_ <= *known.start_by))
      print_error(info, "but may still start");
    if (info.state == task_state::dead && !is_given_up(info, known.retry))
      print_error(info, "after " + std::to_string(runs_[info.id].size()) + " runs");
  }

  /// Any run may have cost an attempt: also one that succeeded when its worker's lease was over.
  [[nodiscard]] bool is_given_up(const task_info& info, const retry_policy& policy) {
    const auto runs = runs_[info.id].size();
    return !knows_grants_ || runs >= std::min(policy.attempts_max, policy.crashes_max) ||
           (runs > 0 && info.last_error.starts_with("hopeless"));
  }

  void print_error(const task_info& info, const std::string& why) {
    report("task " + to_string(info.id) + " is " + std::string{to_string(info.state)} + ' ' + why);
  }

  book<task_tag, expectation> wishes_;
  book<task_id, task_tag> tags_;
  book<task_id, std::set<fencing_token>> runs_; // That left the server.
  std::set<task_id> cancels_;                   // Asked for.
  bool knows_grants_ = true;
  instant latest_{};
};

} // namespace

std::unique_ptr<checker> settled_for_a_reason() {
  return std::make_unique<reasons_checker>();
}

} // namespace belfry::sim
