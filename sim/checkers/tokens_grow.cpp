#include "checkers/checker.hpp"
#include "observation/book.hpp"

#include <map>
#include <optional>

namespace belfry::sim {

namespace {

class tokens_checker : public checker {
public:
  tokens_checker() : checker("tokens grow") {}

  void observe(const observation& what, instant) override {
    if (const auto* offered = std::get_if<task_offered>(&what))
      ids_[offered->tag];
    else if (const auto* started = std::get_if<run_started>(&what))
      begin(*started);
    else if (const auto* over = std::get_if<run_ended>(&what))
      runs_[over->id][over->token] = {over->how, over->output};
    else if (const auto* seen = std::get_if<task_observed>(&what))
      look_at(seen->info);
    else if (std::get_if<disk_replaced>(&what))
      runs_.clear(), forget_ids(), knows_all_ = false;
  }

private:
  void forget_ids() {
    ids_.for_each([](task_tag, std::optional<task_id>& id) { id.reset(); });
  }

  void begin(const run_started& it) {
    // What was sent once is one task. (A schedule's tasks are of one tag, which nobody has sent.)
    if (auto* known = ids_.find(it.tag); known && known->value_or(it.id) != it.id)
      report("what was sent as tag " + std::to_string(it.tag) + " runs as task " +
             to_string(**known) + " and as task " + to_string(it.id));
    else if (known)
      *known = it.id;
    auto& runs = runs_[it.id];
    if (!runs.empty() && runs.rbegin()->first >= it.token)
      report("task " + to_string(it.id) + " began with token " + std::to_string(it.token.value) +
             " after " + std::to_string(runs.rbegin()->first.value));
    // Until it ends by itself, a run counts as one that did not.
    runs.emplace(it.token, ended_run{});
  }

  void look_at(const task_info& info) {
    if (!is_settled(info.state))
      return;
    const auto& runs = runs_[info.id];
    if (!runs.empty() && runs.rbegin()->first > info.token)
      report("task " + to_string(info.id) + " is settled with token " +
             std::to_string(info.token.value) + " but a later run began");
    if (info.state != task_state::succeeded)
      return;
    const auto last = runs.find(info.token);
    if (last == runs.end() && !knows_all_)
      return; // It may have been before the disk's backup was made.
    if (last == runs.end() || last->second.how != run_ended::ending::succeeded)
      report("task " + to_string(info.id) + " succeeded but its last run did not");
    else if (info.output != last->second.output)
      report("task " + to_string(info.id) + " has the output of another run: " + info.output);
  }

  struct ended_run {
    run_ended::ending how = run_ended::ending::interrupted;
    std::string output;
  };

  book<task_id, std::map<fencing_token, ended_run>> runs_;
  book<task_tag, std::optional<task_id>> ids_; // Of all that was sent: under which it has run.
  bool knows_all_ = true;                      // Runs of the tasks that there are.
};

} // namespace

std::unique_ptr<checker> tokens_grow() {
  return std::make_unique<tokens_checker>();
}

} // namespace belfry::sim
