#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace belfry::sim {

namespace {

/// For an answer to reach the client; and for a message to reach the server, as begins are told.
constexpr duration answer_delay_max{1'000};
constexpr duration latency_max{100};

class begins_checker : public checker {
public:
  begins_checker(bool has_one_server, duration heartbeat)
      : checker("begins told"), is_calm_(has_one_server), heartbeat_(heartbeat) {}

  void observe(const observation& event, instant now) override {
    if (const auto* offered = std::get_if<task_offered>(&event))
      offer(*offered);
    else if (const auto* cancel = std::get_if<cancel_requested>(&event))
      cancelled_.insert(cancel->id);
    else if (const auto* started = std::get_if<run_started>(&event))
      begin(*started, now);
    else if (const auto* ended = std::get_if<run_ended>(&event))
      end(*ended, now);
    else if (const auto* observed = std::get_if<task_observed>(&event))
      check(observed->info, now);
    else if (const auto* counted = std::get_if<runs_counted>(&event))
      check(*counted, now);
    else if (std::get_if<fault_injected>(&event))
      is_calm_ = false;
    else if (std::get_if<disk_replaced>(&event))
      knows_runs_ = is_calm_ = false;
  }

private:
  /// The latest run of a task whose handler has begun.
  struct begun {
    fencing_token token;
    instant at{};
    std::optional<instant> ended_at;
  };

  struct open_run {
    instant began_at{};
    bool is_offered = false; // And without a time limit.
  };

  void offer(const task_offered& event) {
    if (event.spec.timeout == duration{0})
      unlimited_.insert(event.tag);
  }

  void begin(const run_started& event, instant now) {
    runs_[event.id] = {event.token, now, {}};
    if (is_calm_)
      open_[{event.id, event.token}] = {now, unlimited_.contains(event.tag)};
  }

  void end(const run_ended& event, instant now) {
    if (open_.erase(std::pair{event.id, event.token}) > 0)
      ended_.push_back(now);
    if (auto* run = runs_.find(event.id); run && run->token == event.token)
      run->ended_at = now;
    if (event.outcome == run_ended::ending::crashed)
      is_calm_ = false; // Its worker is lost, and other runs with it.
  }

  void check(const task_info& info, instant now) {
    const auto* run = runs_.find(info.id);
    if (info.state == task_state::running && knows_runs_ && (!run || run->token < info.token))
      return report_wrong(info, "is running, but its handler has not begun");
    if (!is_calm_ || !run || run->token != info.token)
      return;
    if (info.state == task_state::reserved && !run->ended_at &&
        now > run->at + heartbeat_ + answer_delay_max)
      report_wrong(info, "is reserved, but its handler began more than a heartbeat ago");
    if (info.state == task_state::running || info.state == task_state::succeeded)
      check_start(info, *run);
    if (info.state == task_state::succeeded)
      check_run_time(info, *run);
  }

  /// Both counts are of some moment in the last heartbeat. A run that was asked to end may not
  /// count any more, if its handler ignores that: those of schedules, too, may have been cancelled.
  void check(const runs_counted& counted, instant now) {
    const auto earliest = now - heartbeat_ - answer_delay_max;
    while (!ended_.empty() && ended_.front() < earliest)
      ended_.pop_front();
    if (!is_calm_)
      return;
    const auto count_max = open_.size() + ended_.size();
    const auto count_min =
        static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), [&](const auto& entry) {
          const auto& [run, known] = entry;
          return known.began_at < earliest && known.is_offered && !cancelled_.contains(run.first);
        }));
    const auto check_count = [&](const std::string& source, std::uint64_t count) {
      if (count < count_min || count > count_max)
        report(source + " say that " + std::to_string(count) + " tasks run, but " +
               std::to_string(count_min) + " to " + std::to_string(count_max) + " ran");
    };
    check_count("the queues", counted.by_queues);
    check_count("the workers", counted.by_status);
  }

  void check_start(const task_info& info, const begun& run) {
    if (!info.started_at || !is_near(*info.started_at - run.at))
      report_wrong(info, "did not start when its handler began");
  }

  void check_run_time(const task_info& info, const begun& run) {
    if (!info.ran || (run.ended_at && !is_near(*info.ran - (*run.ended_at - run.at))))
      report_wrong(info, "did not run for as long as its handler");
  }

  static bool is_near(duration difference) { return std::chrono::abs(difference) <= latency_max; }

  void report_wrong(const task_info& info, const std::string& error) {
    report("task " + to_string(info.id) + " with token " + std::to_string(info.token.value) + ' ' +
           error);
  }

  paged_map<task_id, begun> runs_;
  std::set<task_tag> unlimited_;
  std::set<task_id> cancelled_;
  std::map<std::pair<task_id, fencing_token>, open_run> open_; // While it is calm.
  std::deque<instant> ended_;                                  // The latest ones.
  bool is_calm_;           // One server, and no fault so far: messages take a moment only.
  bool knows_runs_ = true; // Answers from before a disk was lost may name runs that never were.
  const duration heartbeat_;
};

} // namespace

std::unique_ptr<checker> begins_told(bool has_one_server, duration heartbeat) {
  return std::make_unique<begins_checker>(has_one_server, heartbeat);
}

} // namespace belfry::sim
