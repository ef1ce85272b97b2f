#include "checkers/checker.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace belfry::sim {

namespace {

/// A schedule that is due every few seconds has fired within this time once it is resumed and all
/// faults are healed.
constexpr duration fires_again_max{60'000};

/// A pause lasts from its acknowledgement until the client asks to resume.
class commands_checker : public checker {
public:
  commands_checker() : checker("schedules obey") {}

  void observe(const observation& event, instant now) override {
    if (const auto* commanded = std::get_if<schedule_commanded>(&event))
      note(*commanded, now);
    else if (const auto* put = std::get_if<schedule_acknowledged>(&event);
             put && put->spec.overlap != overlap_policy::allow)
      waiting_.insert(put->spec.name);
    else if (const auto* listed = std::get_if<schedule_listed>(&event))
      check(*listed, now);
    else if (const auto* injected = std::get_if<fault_injected>(&event))
      are_clocks_right_ &= !injected->description.starts_with("clock_step");
    else if (std::get_if<faults_healed>(&event))
      healed_at_ = now;
    else if (std::get_if<disk_replaced>(&event))
      schedules_.clear(), knows_all_ = false;
  }

private:
  struct pause {
    instant from{};
    instant until{};
  };
  struct known_schedule {
    std::vector<pause> pauses{}; // That have ended.
    std::optional<instant> paused_since{};
    std::optional<instant> resumed_at{}; // Nothing: not since the latest pause was requested.
    std::uint64_t triggers_requested = 0;
    std::uint64_t triggers_acknowledged = 0;
  };

  void note(const schedule_commanded& event, instant now) {
    auto& schedule = schedules_[event.name];
    switch (event.command) {
    case schedule_commanded::action::trigger:
      ++(event.is_acknowledged ? schedule.triggers_acknowledged : schedule.triggers_requested);
      return;
    case schedule_commanded::action::pause:
      schedule.resumed_at.reset();
      if (event.is_acknowledged)
        schedule.paused_since = now;
      return;
    case schedule_commanded::action::resume:
      end_pause(schedule, now);
      if (event.is_acknowledged)
        schedule.resumed_at = now;
    }
  }

  static void end_pause(known_schedule& schedule, instant now) {
    if (schedule.paused_since)
      schedule.pauses.push_back({*schedule.paused_since, now});
    schedule.paused_since.reset();
  }

  void check(const schedule_listed& event, instant now) {
    const auto found = schedules_.find(event.name);
    if (found == schedules_.end())
      return;
    auto& schedule = found->second;
    end_pause(schedule, now);
    if (schedule.triggers_requested > 0)
      check_triggers(event, schedule);
    if (!are_clocks_right_)
      return;
    for (const auto& ended : schedule.pauses)
      check_pause(event, ended);
    if (schedule.resumed_at && !waiting_.contains(event.name))
      check_resumed(event, *schedule.resumed_at, now);
  }

  void check_triggers(const schedule_listed& event, const known_schedule& schedule) {
    const auto count = event.due.size();
    if (count < schedule.triggers_acknowledged)
      report("'" + event.name + "' submitted " + std::to_string(count) + " tasks, but " +
             std::to_string(schedule.triggers_acknowledged) + " triggers were acknowledged");
    if (knows_all_ && count > schedule.triggers_requested)
      report("'" + event.name + "' submitted " + std::to_string(count) + " tasks for " +
             std::to_string(schedule.triggers_requested) + " triggers");
  }

  /// Neither does it submit a task during a pause, nor later one for an instant of the pause.
  void check_pause(const schedule_listed& event, const pause& paused) {
    const auto is_during = [&](instant at) { return at > paused.from && at < paused.until; };
    for (const auto at : event.accepted)
      if (is_during(at))
        report("'" + event.name + "' fired though it was paused: " + std::to_string(to_ms(at)));
    for (const auto at : event.due)
      if (is_during(at))
        report("'" + event.name +
               "' made up for an instant of its pause: " + std::to_string(to_ms(at)));
  }

  void check_resumed(const schedule_listed& event, instant resumed_at, instant now) {
    if (!healed_at_ || now - std::max(*healed_at_, resumed_at) < fires_again_max)
      return;
    if (std::none_of(event.due.begin(), event.due.end(),
                     [&](instant at) { return at > resumed_at; }))
      report("'" + event.name + "' has not fired since it was resumed");
  }

  std::map<std::string, known_schedule> schedules_;
  std::set<std::string> waiting_; // They may wait for their last task instead of firing.
  std::optional<instant> healed_at_;
  bool are_clocks_right_ = true; // So far.
  bool knows_all_ = true;        // All triggers of the present schedules.
};

} // namespace

std::unique_ptr<checker> schedules_obey() {
  return std::make_unique<commands_checker>();
}

} // namespace belfry::sim
