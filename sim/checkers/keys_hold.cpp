#include "checkers/checker.hpp"

#include <algorithm>
#include <map>

namespace belfry::sim {

namespace {

/// How much longer than its time to live a key may hold: a message of the client may be under way,
/// which is repeated after a fault.
constexpr duration key_slack{2'000};
constexpr duration key_slack_after_faults{60'000};
/// How far a server's clock may have been set.
constexpr duration clock_step_max{3'600'000};

class keys_checker : public checker {
public:
  keys_checker() : checker("keys hold") {}

  void observe(const observation& what, instant now) override {
    if (const auto* offered = std::get_if<task_offered>(&what)) {
      if (!offered->spec.key.empty())
        wishes_[offered->tag] = {
            {offered->spec.queue, offered->spec.key}, offered->spec.key_ttl, now};
    } else if (const auto* accepted = std::get_if<task_accepted>(&what)) {
      accept(*accepted, now);
    } else if (const auto* injected = std::get_if<fault_injected>(&what)) {
      slack_ = key_slack_after_faults;
      is_clock_right_ &= !injected->what.starts_with("clock_step");
    } else if (std::get_if<disk_replaced>(&what)) {
      holders_.clear();
    }
  }

private:
  using key = std::pair<std::string, std::string>; // Queue and key.

  struct expectation {
    key of;
    duration time_to_live{};
    instant offered{};
  };
  struct holder {
    task_id id;
    instant earliest_end{}; // Of its time.
    instant latest_end{};
    instant answered{}; // When it was known to hold, for the first time.
  };

  void accept(const task_accepted& it, instant now) {
    const auto found = wishes_.find(it.tag);
    if (found == wishes_.end()) {
      if (it.is_duplicate)
        report("task " + to_string(it.id) + " is a duplicate but has no key");
      return;
    }
    const auto& wanted = found->second;
    const auto [known, is_new] = holders_.try_emplace(wanted.of);
    auto& held = known->second;
    // The time counts from the submission that was no duplicate, whose answer may come later.
    const auto earliest_end = it.is_duplicate ? instant{} : wanted.offered + wanted.time_to_live;
    if (!is_new && held.id == it.id) {
      held.earliest_end = std::max(held.earliest_end, earliest_end);
      if (is_clock_right_ && it.is_duplicate && wanted.offered > held.latest_end)
        print_error(wanted, "still names " + to_string(it.id) + " though its time is over");
      return;
    }
    if (!is_new && now < held.earliest_end - clock_slack()) {
      if (!may_precede(wanted, it.is_duplicate, held))
        print_error(wanted, "names " + to_string(held.id) + " and " + to_string(it.id));
      return;
    }
    held = {it.id, earliest_end, now + wanted.time_to_live + slack_, now};
  }

  /// Whether the task that is named may have had the key before the holder got it, so that only the
  /// answer comes later. Then it was sent before the holder was known, and a new one's time was
  /// over by then.
  [[nodiscard]] bool may_precede(const expectation& wanted, bool is_duplicate,
                                 const holder& held) const {
    const auto time = is_duplicate ? duration{1} : wanted.time_to_live - clock_slack();
    return wanted.offered + time <= held.answered;
  }

  [[nodiscard]] duration clock_slack() const {
    return is_clock_right_ ? duration{0} : clock_step_max;
  }

  void print_error(const expectation& about, const std::string& what) {
    report("key '" + about.of.second + "' " + what);
  }

  std::map<task_tag, expectation> wishes_;
  std::map<key, holder> holders_;
  duration slack_ = key_slack;
  bool is_clock_right_ = true; // So far.
};

} // namespace

std::unique_ptr<checker> keys_hold() {
  return std::make_unique<keys_checker>();
}

} // namespace belfry::sim
