#include "checkers/checker.hpp"
#include "observation/book.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace belfry::sim {

namespace {

/// How long a pause takes to reach what workers have fetched ahead, when nothing is broken.
constexpr duration recall_max{1'000};
/// A run that lasts longer may have been given up: then its failure is nobody's concern.
constexpr duration surely_held{5'000};

duration shortest_pause(const retry_policy& policy) {
  return policy.delay_min * (100 - static_cast<std::int64_t>(policy.jitter_percent)) / 100 -
         duration{1};
}

class nothing_early_checker : public checker {
public:
  nothing_early_checker() : checker("nothing early") {}

  void observe(const observation& what, instant now) override {
    if (now < latest_)
      set_back(latest_ - now);
    latest_ = now;
    if (const auto* offered = std::get_if<task_offered>(&what))
      plan(*offered, now);
    else if (const auto* granted = std::get_if<run_granted>(&what))
      grant(*granted, now);
    else if (const auto* started = std::get_if<run_started>(&what))
      begin(*started, now);
    else if (const auto* over = std::get_if<run_ended>(&what))
      end(*over, now);
    else if (const auto* cancelled = std::get_if<cancel_acknowledged>(&what))
      cancelled_.insert(cancelled->id);
    else if (const auto* paused = std::get_if<pause_acknowledged>(&what))
      paused_[{paused->queue, paused->shard}] = now;
    else if (const auto* resumed = std::get_if<resume_requested>(&what))
      std::erase_if(paused_, [&](const auto& one) { return one.first.first == resumed->queue; });
    else if (const auto* accepted = std::get_if<task_accepted>(&what))
      accept(*accepted);
    else if (std::get_if<fault_injected>(&what))
      is_calm_ = false;
    else if (std::get_if<disk_replaced>(&what))
      forget();
  }

private:
  struct expectation {
    std::string queue;
    std::optional<instant> due{};
    duration delay{};
    std::optional<instant> start_by{};
    retry_policy retry{};
    instant offered{};
    instant reached{}; // By the clock, before it was set back.
  };
  struct given {
    instant at{};
    std::string forbidden_by{}; // Empty: by nothing.
  };
  struct life {
    std::optional<task_tag> tag;
    bool is_known = false; // Since its beginning.
    fencing_token last;    // Of the run that began last.
    instant began{};       // When that was.
    instant rests_until{}; // After that run.
    std::map<fencing_token, given> grants{};
  };

  void plan(const task_offered& it, instant now) {
    const auto& spec = it.spec;
    plans_[it.tag] = {spec.queue, spec.due, spec.delay, spec.start_by, spec.retry, now, {}};
  }

  /// The clock was. What was due before stays so, and what was counted from a later reading may
  /// come that much earlier.
  void set_back(duration by) {
    plans_.for_each([this, by](task_tag, expectation& known) {
      known.reached = std::max(known.reached, latest_);
      known.offered -= by;
    });
    incarnations_.for_each([by](task_id, life& known) { known.rests_until -= by; });
  }

  void forget() {
    incarnations_.clear();
    cancelled_.clear();
    paused_.clear();
    knows_all_ = false;
  }

  void accept(const task_accepted& it) {
    if (it.is_duplicate)
      return;
    auto& known = incarnations_[it.id];
    known.tag = it.tag;
    known.is_known = true;
  }

  /// An owner that was stopped may send what it granted before another took its shard, and what
  /// that one has acknowledged since forbids it: then no worker may begin it.
  void grant(const run_granted& it, instant now) {
    auto& known = incarnations_[it.id];
    auto& granted = known.grants.try_emplace(it.token, given{now}).first->second;
    if (cancelled_.contains(it.id))
      granted.forbidden_by = "its cancel was acknowledged";
    if (!known.tag || paused_.empty())
      return; // Or its acknowledgement is still under way.
    const auto& queue = plans_[*known.tag].queue;
    if (paused_.contains({queue, it.id.shard()}))
      granted.forbidden_by = "the pause of its queue '" + queue + "' was acknowledged";
  }

  void begin(const run_started& it, instant now) {
    auto& known = incarnations_[it.id];
    if (it.tag != 0)
      known.tag = it.tag;
    const auto granted = known.grants.find(it.token);
    if (granted == known.grants.end())
      return report("task " + to_string(it.id) + " began without a grant");
    if (const auto& why = granted->second.forbidden_by; !why.empty())
      report("task " + to_string(it.id) + " began by a grant after " + why);
    const auto& wanted = plans_[known.tag.value_or(0)];
    const auto paused = paused_.find({wanted.queue, it.id.shard()});
    if (is_calm_ && paused != paused_.end() && now - paused->second > recall_max)
      report("task " + to_string(it.id) + " began long after its queue '" + wanted.queue +
             "' was paused");
    // A grant that a slow disk held up may leave too late, but tells the worker so.
    const bool is_first =
        (knows_all_ || known.is_known) && known.last == fencing_token{} && it.attempt == 1;
    if (wanted.start_by && granted->second.at > *wanted.start_by && is_first)
      report("task " + to_string(it.id) + " began though it was granted too late");
    const auto due = wanted.due.value_or(wanted.offered + wanted.delay);
    const bool was_due = due <= std::max(now, wanted.reached);
    const auto early = std::max(was_due ? now : due, known.rests_until) - now;
    if (early > duration{0})
      report("task " + to_string(it.id) + " began " + std::to_string(early.count()) +
             " ms too early");
    known.last = it.token;
    known.began = now;
  }

  void end(const run_ended& it, instant now) {
    auto& known = incarnations_[it.id];
    if (it.token != known.last || now - known.began >= surely_held)
      return;
    if (it.how == run_ended::ending::snoozed)
      known.rests_until = now + it.snooze;
    else if (it.how == run_ended::ending::failed && known.tag)
      known.rests_until = now + shortest_pause(plans_[*known.tag].retry);
  }

  book<task_tag, expectation> plans_;
  book<task_id, life> incarnations_;
  std::set<task_id> cancelled_;
  std::map<std::pair<std::string, shard_id>, instant> paused_; // Since when.
  instant latest_{};
  bool is_calm_ = true;   // So far.
  bool knows_all_ = true; // Runs of the tasks that there are.
};

} // namespace

std::unique_ptr<checker> nothing_early() {
  return std::make_unique<nothing_early_checker>();
}

} // namespace belfry::sim
