#include "checkers/checker.hpp"
#include "observation/paged_map.hpp"
#include "scenario/spike_plan.hpp"

#include "belfry/priority.hpp"

#include <algorithm>

namespace belfry::sim {

namespace {

/// High-priority tasks start within this time after submission, spike or not.
constexpr duration high_wait_max{1'500};
/// All tasks start within this time once the backlog is cleared. With few slots, random run times
/// delay low priorities even then.
constexpr duration usual_wait_max{5'000};
/// The least share of their capacity that workers use while there is a backlog.
constexpr double completed_part_min = 0.9;
/// Until the first tasks of a spike have reached all workers.
constexpr duration warm_up{500};

class spike_checker : public checker {
public:
  spike_checker(instant run_start, double capacity)
      : checker("spike recovers"), run_start_(run_start), capacity_(capacity) {}

  void observe(const observation& event, instant now) override {
    now_ = std::max(now_, now);
    if (const auto* offered = std::get_if<task_offered>(&event))
      waiting_[offered->tag] = {now, class_of(offered->spec.priority)};
    else if (const auto* started = std::get_if<run_started>(&event);
             started && started->attempt == 1)
      check(started->tag, now);
    else if (const auto* ended = std::get_if<run_ended>(&event))
      completed_ += ended->outcome == run_ended::ending::succeeded && is_busy_at(now) ? 1 : 0;
    else if (std::get_if<fault_injected>(&event))
      is_disturbed_ = true;
  }

  void finish() override {
    const auto span =
        spike_plan::spike_end - spike_plan::spike_start + spike_plan::start_by_timeout - warm_up;
    const auto expected = capacity_ * std::chrono::duration<double>(span).count();
    if (is_disturbed_ || now_ < run_start_ + spike_plan::spike_end + spike_plan::start_by_timeout)
      return;
    if (static_cast<double>(completed_) < expected * completed_part_min)
      report("only " + std::to_string(completed_) + " runs ended while there was a backlog, " +
             std::to_string(static_cast<std::uint64_t>(expected)) + " were possible");
  }

private:
  struct wait {
    instant since{};
    priority_class priority = priority_class::normal;
  };

  [[nodiscard]] bool is_busy_at(instant now) const {
    return now >= run_start_ + spike_plan::spike_start + warm_up &&
           now < run_start_ + spike_plan::spike_end + spike_plan::start_by_timeout;
  }

  void check(task_tag tag, instant now) {
    const auto* waiting = waiting_.find(tag);
    if (!waiting || is_disturbed_)
      return;
    const auto waited = now - waiting->since;
    if (waiting->priority == priority_class::high && waited > high_wait_max)
      report("a task of high priority waited for " + std::to_string(waited.count()) + " ms");
    if (waiting->since >= run_start_ + spike_plan::backlog_cleared && waited > usual_wait_max)
      report("a task submitted long after the spike waited for " + std::to_string(waited.count()) +
             " ms");
  }

  const instant run_start_;
  const double capacity_;
  paged_map<task_tag, wait> waiting_;
  std::uint64_t completed_ = 0; // While there is a backlog.
  instant now_{};
  bool is_disturbed_ = false; // No bounds apply then.
};

} // namespace

std::unique_ptr<checker> spike_recovers(instant run_start, double capacity) {
  return std::make_unique<spike_checker>(run_start, capacity);
}

} // namespace belfry::sim
