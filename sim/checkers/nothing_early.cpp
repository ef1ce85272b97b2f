#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace belfry::sim {

namespace {

/// How long a pause takes to reach prefetched runs of workers when no fault was injected.
constexpr duration recall_max{1'000};
/// The session of a longer run may have expired; its failure then starts no backoff.
constexpr duration surely_held{5'000};

duration backoff_min(const retry_policy& policy) {
  return policy.delay_min * (100 - static_cast<std::int64_t>(policy.jitter_percent)) / 100 -
         duration{1};
}

class nothing_early_checker : public checker {
public:
  nothing_early_checker() : checker("nothing early") {}

  void observe(const observation& event, instant now) override {
    if (now < latest_)
      on_clock_set_back(latest_ - now);
    latest_ = now;
    if (const auto* offered = std::get_if<task_offered>(&event))
      plan(*offered, now);
    else if (const auto* granted = std::get_if<run_granted>(&event))
      grant(*granted);
    else if (const auto* started = std::get_if<run_started>(&event))
      check_start(*started, now);
    else if (const auto* ended = std::get_if<run_ended>(&event))
      record_end(*ended, now);
    else if (const auto* cancelled = std::get_if<cancel_acknowledged>(&event))
      cancelled_.insert(cancelled->id);
    else if (const auto* paused = std::get_if<pause_acknowledged>(&event))
      paused_[{paused->queue, paused->shard}] = now;
    else if (const auto* resumed = std::get_if<resume_requested>(&event))
      std::erase_if(paused_,
                    [&](const auto& entry) { return entry.first.first == resumed->queue; });
    else if (const auto* accepted = std::get_if<task_accepted>(&event))
      accept(*accepted);
    else if (const auto* requested = std::get_if<change_requested>(&event))
      request(*requested);
    else if (const auto* answered = std::get_if<change_answered>(&event))
      answer(*answered);
    else if (const auto* injected = std::get_if<fault_injected>(&event))
      note_fault(injected->description);
    else if (std::get_if<disk_replaced>(&event))
      forget();
  }

private:
  struct expectation {
    std::string queue;
    std::optional<std::string> next_queue{}; // Its move there has no answer so far.
    std::optional<instant> due{};
    duration delay{};
    std::optional<instant> start_by{};
    std::optional<instant> complete_by{};
    retry_policy retry{};
    instant offered{};
    instant reached{}; // Latest clock reading before the clock was set back.
  };
  struct grant_record {
    std::string revoked_by{}; // Empty: still valid.
  };
  struct task_runs {
    std::optional<task_tag> tag;
    bool is_known = false;    // Since the task was accepted.
    fencing_token last;       // Of the latest run.
    instant began{};          // When the latest run started.
    instant next_start_min{}; // After the latest run.
    bool is_changing = false; // A change has no answer so far.
    std::map<fencing_token, grant_record> grants{};
  };

  void plan(const task_offered& event, instant now) {
    const auto& spec = event.spec;
    plans_[event.tag] = {spec.queue,       {},         spec.due, spec.delay, spec.start_by,
                         spec.complete_by, spec.retry, now,      {}};
  }

  /// A task that was due before stays due; a due time derived from a later clock reading may come
  /// earlier by `step`.
  void on_clock_set_back(duration step) {
    plans_.for_each([this, step](task_tag, expectation& known) {
      known.reached = std::max(known.reached, latest_);
      known.offered -= step;
    });
    runs_.for_each([step](task_id, task_runs& known) { known.next_start_min -= step; });
  }

  /// A clock that was set back runs at half speed: it may pass half of `span` only.
  [[nodiscard]] duration pass_min(duration span) const {
    return are_clocks_right_ ? span : span / 2;
  }

  void forget() {
    runs_.clear();
    cancelled_.clear();
    paused_.clear();
    knows_all_ = false;
  }

  void accept(const task_accepted& event) {
    if (event.is_duplicate)
      return;
    auto& known = runs_[event.id];
    known.tag = event.tag;
    known.is_known = true;
  }

  /// A task that is moved to another instant may start before that of its submission, and before
  /// its backoff is over. From then on `changes_hold` checks its instants.
  void request(const change_requested& event) {
    auto& known = runs_[event.id];
    known.is_changing = true;
    if (!known.tag)
      return;
    auto& expected = plans_[*known.tag];
    expected.next_queue = event.change.queue;
    if (!event.change.due && !event.change.delay)
      return;
    expected.due = instant{};
    known.next_start_min = {};
  }

  void answer(const change_answered& event) {
    auto& known = runs_[event.id];
    known.is_changing = false;
    if (!known.tag)
      return;
    auto& expected = plans_[*known.tag];
    if (event.is_made)
      expected.queue = expected.next_queue.value_or(expected.queue);
    expected.next_queue.reset();
  }

  /// Since when all queues that the task may be in are paused; nothing: they are not.
  [[nodiscard]] std::optional<instant> paused_since(const expectation& expected,
                                                    shard_id shard) const {
    const auto paused = paused_.find({expected.queue, shard});
    const auto next_paused = paused_.find({expected.next_queue.value_or(expected.queue), shard});
    if (paused == paused_.end() || next_paused == paused_.end())
      return std::nullopt;
    return std::max(paused->second, next_paused->second);
  }

  /// A stalled owner may send a grant from before another node took over its shard. A cancel or a
  /// pause that the new owner has acknowledged since revokes the grant: no worker may start the
  /// run.
  void grant(const run_granted& event) {
    auto& known = runs_[event.id];
    auto& granted = known.grants.try_emplace(event.token).first->second;
    if (cancelled_.contains(event.id))
      granted.revoked_by = "its cancel was acknowledged";
    if (!known.tag || paused_.empty())
      return; // The acknowledgement of the task may still be in flight.
    const auto& expected = plans_[*known.tag];
    if (paused_since(expected, event.id.shard()))
      granted.revoked_by = "the pause of its queue '" + expected.queue + "' was acknowledged";
  }

  void check_start(const run_started& event, instant now) {
    auto& known = runs_[event.id];
    if (event.tag != 0)
      known.tag = event.tag;
    const auto granted = known.grants.find(event.token);
    if (granted == known.grants.end())
      return report("task " + to_string(event.id) + " started without a grant");
    if (const auto& reason = granted->second.revoked_by; !reason.empty())
      report("task " + to_string(event.id) + " started by a grant after " + reason);
    const auto& expected = plans_[known.tag.value_or(0)];
    const auto paused = paused_since(expected, event.id.shard());
    if (is_calm_ && paused && now - *paused > recall_max)
      report("task " + to_string(event.id) + " started long after its queue '" + expected.queue +
             "' was paused");
    check_deadlines(event.id, expected, known, now);
    const auto due = expected.due.value_or(expected.offered + pass_min(expected.delay));
    const bool was_due = due <= std::max(now, expected.reached);
    const auto early = std::max(was_due ? now : due, known.next_start_min) - now;
    if (early > duration{0})
      report("task " + to_string(event.id) + " started " + std::to_string(early.count()) +
             " ms too early");
    known.last = event.token;
    known.began = now;
  }

  /// Whatever happened to the grants: slow disks and links, frozen workers, lost runs. A run that
  /// was granted before a clock was set may be late by the new time.
  void check_deadlines(task_id id, const expectation& expected, const task_runs& known,
                       instant now) {
    const bool is_first = (knows_all_ || known.is_known) && known.last == fencing_token{};
    if (!are_clocks_right_)
      return;
    if (expected.start_by && now > *expected.start_by && is_first)
      report("task " + to_string(id) + " started for the first time after its start-by deadline");
    if (expected.complete_by && now > *expected.complete_by)
      report("task " + to_string(id) + " started after its complete-by deadline");
  }

  void note_fault(const std::string& description) {
    is_calm_ = false;
    are_clocks_right_ &= !description.starts_with("clock_step");
  }

  void record_end(const run_ended& event, instant now) {
    auto& known = runs_[event.id];
    if (event.token != known.last || now - known.began >= surely_held || known.is_changing)
      return;
    if (event.outcome == run_ended::ending::snoozed)
      known.next_start_min = now + pass_min(event.snooze);
    else if (event.outcome == run_ended::ending::failed && known.tag)
      known.next_start_min = now + pass_min(backoff_min(plans_[*known.tag].retry));
  }

  paged_map<task_tag, expectation> plans_;
  paged_map<task_id, task_runs> runs_;
  std::set<task_id> cancelled_;
  std::map<std::pair<std::string, shard_id>, instant> paused_; // Since when.
  instant latest_{};
  bool is_calm_ = true;          // So far.
  bool are_clocks_right_ = true; // So far.
  bool knows_all_ = true;        // All runs of the present tasks.
};

} // namespace

std::unique_ptr<checker> nothing_early() {
  return std::make_unique<nothing_early_checker>();
}

} // namespace belfry::sim
