#include "checkers/checker.hpp"

#include <algorithm>
#include <map>

namespace belfry::sim {

namespace {

/// How much longer than its time to live a key may be held: a message of the client may be in
/// flight, and is repeated after a fault.
constexpr duration key_slack{2'000};
constexpr duration key_slack_after_faults{60'000};
/// How far a server's clock may have been set.
constexpr duration clock_step_max{3'600'000};

class keys_checker : public checker {
public:
  keys_checker() : checker("keys hold") {}

  void observe(const observation& event, instant now) override {
    if (const auto* offered = std::get_if<task_offered>(&event)) {
      if (!offered->spec.key.empty())
        expectations_[offered->tag] = {
            {offered->spec.queue, offered->spec.key}, offered->spec.key_ttl, now};
    } else if (const auto* accepted = std::get_if<task_accepted>(&event)) {
      accept(*accepted, now);
    } else if (const auto* injected = std::get_if<fault_injected>(&event)) {
      slack_ = key_slack_after_faults;
      is_clock_right_ &= !injected->description.starts_with("clock_step");
    } else if (std::get_if<disk_replaced>(&event)) {
      holders_.clear();
    }
  }

private:
  using key = std::pair<std::string, std::string>; // Queue and key.

  struct expectation {
    key name;
    duration time_to_live{};
    instant offered{};
  };
  struct holder {
    task_id id;
    instant earliest_end{}; // Of its time to live.
    instant latest_end{};
    instant answered{}; // When the first answer named it.
  };

  void accept(const task_accepted& event, instant now) {
    const auto found = expectations_.find(event.tag);
    if (found == expectations_.end()) {
      if (event.is_duplicate)
        report("task " + to_string(event.id) + " is a duplicate but has no key");
      return;
    }
    const auto& expected = found->second;
    const auto [known, is_new] = holders_.try_emplace(expected.name);
    auto& held = known->second;
    // The time to live starts with the original submission, whose answer may come later.
    const auto earliest_end =
        event.is_duplicate ? instant{} : expected.offered + expected.time_to_live;
    if (!is_new && held.id == event.id) {
      held.earliest_end = std::max(held.earliest_end, earliest_end);
      if (is_clock_right_ && event.is_duplicate && expected.offered > held.latest_end)
        report_violation(expected,
                         "still names " + to_string(event.id) + " though its time to live is over");
      return;
    }
    if (!is_new && now < held.earliest_end - clock_slack()) {
      if (!may_precede(expected, event.is_duplicate, held))
        report_violation(expected, "names " + to_string(held.id) + " and " + to_string(event.id));
      return;
    }
    held = {event.id, earliest_end, now + expected.time_to_live + slack_, now};
  }

  /// Whether the named task may have held the key before `held`, so that only its answer is late.
  /// Then it was submitted before `held` was known, and if it was new, its time to live had ended
  /// by then.
  [[nodiscard]] bool may_precede(const expectation& expected, bool is_duplicate,
                                 const holder& held) const {
    const auto time = is_duplicate ? duration{1} : expected.time_to_live - clock_slack();
    return expected.offered + time <= held.answered;
  }

  [[nodiscard]] duration clock_slack() const {
    return is_clock_right_ ? duration{0} : clock_step_max;
  }

  void report_violation(const expectation& expected, const std::string& description) {
    report("key '" + expected.name.second + "' " + description);
  }

  std::map<task_tag, expectation> expectations_;
  std::map<key, holder> holders_;
  duration slack_ = key_slack;
  bool is_clock_right_ = true; // So far.
};

} // namespace

std::unique_ptr<checker> keys_hold() {
  return std::make_unique<keys_checker>();
}

} // namespace belfry::sim
