#include "checkers/checker.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace belfry::sim {

namespace {

duration shortest_pause(const retry_policy& policy) {
  return policy.delay_min * (100 - static_cast<std::int64_t>(policy.jitter_percent)) / 100 -
         duration{1};
}

class nothing_early_checker : public checker {
public:
  nothing_early_checker() : checker("nothing early") {}

  void see(const observation& what, instant now) override {
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
    else if (const auto* struck = std::get_if<fault_struck>(&what))
      if (struck->what == "disk_has_room")
        has_room_since_ = now;
  }

private:
  struct plan {
    task_spec spec;
    instant offered{};
  };
  struct life {
    std::optional<task_tag> tag;
    fencing_token last;    // Of the run that began last.
    instant rests_until{}; // After that run.
  };

  void accept(const task_accepted& it) {
    if (!it.is_duplicate)
      lives_[it.id].tag = it.tag;
  }

  void grant(const run_granted& it, instant now) {
    granted_.insert({it.id, it.token});
    if (cancelled_.contains(it.id))
      report("task " + to_string(it.id) + " was granted after its cancel was acknowledged");
    auto& known = lives_[it.id];
    if (!known.tag)
      return; // Its acknowledgement is still under way.
    const auto& wish = plans_[*known.tag].spec;
    if (paused_.contains({wish.queue, it.id.shard()}))
      report("task " + to_string(it.id) + " was granted while its queue '" + wish.queue +
             "' was paused");
    // One that was given back, or lost on the way, before it began does not count as a start.
    const bool is_first = known.last == fencing_token{} && it.attempt == 1;
    if (wish.start_by && now > *wish.start_by && is_first && !was_held_up(*wish.start_by, now))
      report("task " + to_string(it.id) + " was granted too late");
  }

  /// Whether a grant that was decided by `then` may leave only now: it waited for the full disk.
  [[nodiscard]] bool was_held_up(instant then, instant now) const {
    constexpr duration haste{1'000};
    return has_room_since_ >= then && now - has_room_since_ <= haste;
  }

  void begin(const run_begun& it, instant now) {
    auto& known = lives_[it.id];
    known.tag = it.tag;
    if (!granted_.contains({it.id, it.token}))
      report("task " + to_string(it.id) + " began without a grant");
    const auto& wish = plans_[it.tag];
    const auto due = wish.spec.due.value_or(wish.offered + wish.spec.delay);
    const auto early = std::max(due, known.rests_until) - now;
    if (early > duration{0})
      report("task " + to_string(it.id) + " began " + std::to_string(early.count()) +
             " ms too early");
    known.last = it.token;
  }

  void end(const run_over& it, instant now) {
    auto& known = lives_[it.id];
    if (it.token != known.last)
      return;
    if (it.how == run_over::ending::snoozed)
      known.rests_until = now + it.snooze;
    else if (it.how == run_over::ending::failed && known.tag)
      known.rests_until = now + shortest_pause(plans_[*known.tag].spec.retry);
  }

  std::map<task_tag, plan> plans_;
  std::map<task_id, life> lives_;
  std::set<std::pair<task_id, fencing_token>> granted_;
  std::set<task_id> cancelled_;
  std::set<std::pair<std::string, shard_id>> paused_;
  instant has_room_since_{}; // The disk, after it had none.
};

} // namespace

std::unique_ptr<checker> nothing_early() {
  return std::make_unique<nothing_early_checker>();
}

} // namespace belfry::sim
