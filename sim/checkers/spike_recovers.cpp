#include "checkers/checker.hpp"
#include "observation/book.hpp"
#include "scenario/spike_plan.hpp"

#include "belfry/priority.hpp"

#include <algorithm>

namespace belfry::sim {

namespace {

/// High priorities wait at most so long from the moment they are offered, spike or not.
constexpr duration high_wait_max{1'500};
/// And everybody when the spike is worked off: with a few slots, chance makes low ones wait as
/// well.
constexpr duration usual_wait_max{5'000};
/// Of what the workers can do, so much they do at least while there is more than enough to do.
constexpr double completed_part_min = 0.9;
/// Until the first tasks of a spike have arrived everywhere.
constexpr duration warm_up{500};

class spike_checker : public checker {
public:
  spike_checker(instant begin, double capacity)
      : checker("spike recovers"), begin_(begin), capacity_(capacity) {}

  void observe(const observation& what, instant now) override {
    now_ = std::max(now_, now);
    if (const auto* offered = std::get_if<task_offered>(&what))
      waiting_[offered->tag] = {now, class_of(offered->spec.priority)};
    else if (const auto* started = std::get_if<run_started>(&what);
             started && started->attempt == 1)
      look_at(started->tag, now);
    else if (const auto* over = std::get_if<run_ended>(&what))
      completed_ += over->how == run_ended::ending::succeeded && is_busy_at(now) ? 1 : 0;
    else if (std::get_if<fault_injected>(&what))
      is_disturbed_ = true;
  }

  void finish() override {
    const auto span =
        spike_plan::ends - spike_plan::begins + spike_plan::start_by_timeout - warm_up;
    const auto could = capacity_ * std::chrono::duration<double>(span).count();
    if (is_disturbed_ || now_ < begin_ + spike_plan::ends + spike_plan::start_by_timeout)
      return;
    if (static_cast<double>(completed_) < could * completed_part_min)
      report("only " + std::to_string(completed_) + " runs ended while there was enough to do, " +
             std::to_string(static_cast<std::uint64_t>(could)) + " could");
  }

private:
  struct wait {
    instant since{};
    priority_class what = priority_class::normal;
  };

  [[nodiscard]] bool is_busy_at(instant now) const {
    return now >= begin_ + spike_plan::begins + warm_up &&
           now < begin_ + spike_plan::ends + spike_plan::start_by_timeout;
  }

  void look_at(task_tag tag, instant now) {
    const auto* one = waiting_.find(tag);
    if (!one || is_disturbed_)
      return;
    const auto took = now - one->since;
    if (one->what == priority_class::high && took > high_wait_max)
      report("a task of high priority waited for " + std::to_string(took.count()) + " ms");
    if (one->since >= begin_ + spike_plan::is_worked_off && took > usual_wait_max)
      report("a task that came long after the spike waited for " + std::to_string(took.count()) +
             " ms");
  }

  const instant begin_;
  const double capacity_;
  book<task_tag, wait> waiting_;
  std::uint64_t completed_ = 0; // While there is more to do than can be done.
  instant now_{};
  bool is_disturbed_ = false; // Nobody says how fast it is then.
};

} // namespace

std::unique_ptr<checker> spike_recovers(instant begin, double capacity) {
  return std::make_unique<spike_checker>(begin, capacity);
}

} // namespace belfry::sim
