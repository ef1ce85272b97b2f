#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"

#include <map>
#include <optional>

namespace belfry::sim {

namespace {

class tokens_checker : public checker {
public:
  tokens_checker() : checker("tokens grow") {}

  void observe(const observation& event, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&event))
      ids_[offered->tag];
    else if (const auto* started = std::get_if<run_started>(&event))
      check_start(*started);
    else if (const auto* ended = std::get_if<run_ended>(&event))
      runs_[ended->id][ended->token] = {ended->outcome, ended->output};
    else if (const auto* observed = std::get_if<task_observed>(&event))
      check(observed->info);
    else if (std::get_if<disk_replaced>(&event))
      runs_.clear(), forget_ids(), knows_all_ = false;
  }

private:
  void forget_ids() {
    ids_.for_each([](task_tag, std::optional<task_id>& id) { id.reset(); });
  }

  void check_start(const run_started& event) {
    // One submission is one task. (The tasks of a schedule share a tag that was not submitted.)
    if (auto* known = ids_.find(event.tag); known && known->value_or(event.id) != event.id)
      report("the submission of tag " + std::to_string(event.tag) + " runs as task " +
             to_string(**known) + " and as task " + to_string(event.id));
    else if (known)
      *known = event.id;
    auto& runs = runs_[event.id];
    if (!runs.empty() && runs.rbegin()->first >= event.token)
      report("task " + to_string(event.id) + " started with token " +
             std::to_string(event.token.value) + " after " +
             std::to_string(runs.rbegin()->first.value));
    // Until it ends by itself, a run counts as interrupted.
    runs.emplace(event.token, ended_run{});
  }

  void check(const task_info& info) {
    if (!is_settled(info.state))
      return;
    const auto& runs = runs_[info.id];
    if (!runs.empty() && runs.rbegin()->first > info.token)
      report("task " + to_string(info.id) + " is settled with token " +
             std::to_string(info.token.value) + " but a later run started");
    if (info.state != task_state::succeeded)
      return;
    const auto last = runs.find(info.token);
    if (last == runs.end() && !knows_all_)
      return; // It may have run before the disk's backup was made.
    if (last == runs.end() || last->second.outcome != run_ended::ending::succeeded)
      report("task " + to_string(info.id) + " succeeded but its last run did not");
    else if (info.output != last->second.output)
      report("task " + to_string(info.id) + " has the output of another run: " + info.output);
  }

  struct ended_run {
    run_ended::ending outcome = run_ended::ending::interrupted;
    std::string output;
  };

  paged_map<task_id, std::map<fencing_token, ended_run>> runs_;
  paged_map<task_tag, std::optional<task_id>> ids_; // Of all submitted tags: the task that ran.
  bool knows_all_ = true;                           // All runs of the present tasks.
};

} // namespace

std::unique_ptr<checker> tokens_grow() {
  return std::make_unique<tokens_checker>();
}

} // namespace belfry::sim
