#include "checkers/checker.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace belfry::sim {

namespace {

/// A run that lasts longer may have been given up: then its failure is nobody's concern.
constexpr duration surely_held{5'000};

duration shortest_pause(const retry_policy& policy) {
  return policy.delay_min * (100 - static_cast<std::int64_t>(policy.jitter_percent)) / 100 -
         duration{1};
}

class nothing_early_checker : public checker {
public:
  nothing_early_checker() : checker("nothing early") {}

  void see(const observation& what, instant now) override {
    if (now < latest_)
      set_back(latest_ - now);
    latest_ = now;
    if (const auto* offered = std::get_if<task_offered>(&what))
      plans_[offered->tag] = {offered->spec, now};
    else if (const auto* granted = std::get_if<run_granted>(&what))
      grant(*granted, now);
    else if (const auto* begun = std::get_if<run_begun>(&what))
      begin(*begun, now);
    else if (const auto* over = std::get_if<run_over>(&what))
      end(*over, now);
    else if (const auto* cancelled = std::get_if<cancel_acknowledged>(&what))
      cancelled_.insert(cancelled->id);
    else if (const auto* paused = std::get_if<pause_acknowledged>(&what))
      paused_.insert({paused->queue, paused->shard});
    else if (const auto* resumed = std::get_if<resume_asked>(&what))
      std::erase_if(paused_, [&](const auto& one) { return one.first == resumed->queue; });
    else if (const auto* accepted = std::get_if<task_accepted>(&what))
      accept(*accepted);
    else if (std::get_if<disk_replaced>(&what))
      forget();
  }

private:
  struct plan {
    task_spec spec;
    instant offered{};
    instant reached{}; // By the clock, before it was set back.
  };
  struct life {
    std::optional<task_tag> tag;
    bool is_known = false; // Since its beginning.
    fencing_token last;    // Of the run that began last.
    instant began{};       // When that was.
    instant rests_until{}; // After that run.
  };

  /// The clock was. What was due before stays so, and what was counted from a later reading may
  /// come that much earlier.
  void set_back(duration by) {
    for (auto& [tag, known] : plans_) {
      known.reached = std::max(known.reached, latest_);
      known.offered -= by;
    }
    for (auto& [id, known] : lives_)
      known.rests_until -= by;
  }

  void forget() {
    lives_.clear();
    granted_.clear();
    cancelled_.clear();
    paused_.clear();
    knows_all_ = false;
  }

  void accept(const task_accepted& it) {
    if (!it.is_duplicate)
      lives_[it.id].tag = it.tag, lives_[it.id].is_known = true;
  }

  void grant(const run_granted& it, instant now) {
    granted_.emplace(std::pair{it.id, it.token}, now);
    if (cancelled_.contains(it.id))
      report("task " + to_string(it.id) + " was granted after its cancel was acknowledged");
    auto& known = lives_[it.id];
    if (!known.tag)
      return; // Its acknowledgement is still under way.
    const auto& wish = plans_[*known.tag].spec;
    if (paused_.contains({wish.queue, it.id.shard()}))
      report("task " + to_string(it.id) + " was granted while its queue '" + wish.queue +
             "' was paused");
  }

  void begin(const run_begun& it, instant now) {
    auto& known = lives_[it.id];
    if (it.tag != 0)
      known.tag = it.tag;
    const auto granted = granted_.find({it.id, it.token});
    if (granted == granted_.end())
      return report("task " + to_string(it.id) + " began without a grant");
    const auto& wish = plans_[known.tag.value_or(0)];
    // A grant that a slow disk held up may leave too late, but tells the worker so.
    const bool is_first =
        (knows_all_ || known.is_known) && known.last == fencing_token{} && it.attempt == 1;
    if (wish.spec.start_by && granted->second > *wish.spec.start_by && is_first)
      report("task " + to_string(it.id) + " began though it was granted too late");
    const auto due = wish.spec.due.value_or(wish.offered + wish.spec.delay);
    const bool was_due = due <= std::max(now, wish.reached);
    const auto early = std::max(was_due ? now : due, known.rests_until) - now;
    if (early > duration{0})
      report("task " + to_string(it.id) + " began " + std::to_string(early.count()) +
             " ms too early");
    known.last = it.token;
    known.began = now;
  }

  void end(const run_over& it, instant now) {
    auto& known = lives_[it.id];
    if (it.token != known.last || now - known.began >= surely_held)
      return;
    if (it.how == run_over::ending::snoozed)
      known.rests_until = now + it.snooze;
    else if (it.how == run_over::ending::failed && known.tag)
      known.rests_until = now + shortest_pause(plans_[*known.tag].spec.retry);
  }

  std::map<task_tag, plan> plans_;
  std::map<task_id, life> lives_;
  std::map<std::pair<task_id, fencing_token>, instant> granted_; // When.
  std::set<task_id> cancelled_;
  std::set<std::pair<std::string, shard_id>> paused_;
  instant latest_{};
  bool knows_all_ = true; // Runs of the tasks that there are.
};

} // namespace

std::unique_ptr<checker> nothing_early() {
  return std::make_unique<nothing_early_checker>();
}

} // namespace belfry::sim
