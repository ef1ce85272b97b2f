#pragma once

#include "os/handlers/stepped_thread.hpp"
#include "random/prng.hpp"
#include "scenario/sim_executor.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace belfry::sim {

/// The run times and disruptions that a test has planned for its handlers.
struct handler_disruptions {
  enum class disruption : std::uint8_t {
    crash_before, ///< the worker dies before the handler is called
    crash_after,  ///< the worker dies before the result is reported
    late,         ///< the result is delayed
  };
  struct planned_disruption {
    disruption kind = disruption::late;
    duration delay{0};
  };

  std::map<std::string, duration> spans;                             // Of each run, by kind.
  std::map<std::string, std::deque<planned_disruption>> disruptions; // For the next runs, by kind.
  bool is_calling = false;                                           // A handler is running now.
};

/// Runs a user's handlers in virtual time, one at a time, each on a thread that takes turns with
/// the world: the world continues while a handler waits.
///
/// A run takes the span of its kind. Its handler is called at the start or at the end of the span,
/// chosen at random, so that a crash comes before or after the effects of the handler.
class handler_executor : public process_executor {
public:
  handler_executor(setup worker_setup, const handler_registry& handlers, handler_disruptions& plan,
                   world& sim_world, history& run_history, std::uint64_t seed);

  void execute(run::facts description, std::shared_ptr<run_control> control,
               completion done) override;
  std::size_t abandon(const std::shared_ptr<run_control>& control) override;
  void end() override;

private:
  struct open_run : assigned_run {
    std::optional<handler_disruptions::planned_disruption> disruption{};
    duration remaining{0}; // After the handler has returned.
    std::unique_ptr<stepped_thread> thread{};
    run_result result{};
    std::uint64_t waits = 0; // So far: a timer of an earlier wait is ignored.
    bool is_waiting = false;
  };
  using runs = std::map<std::uint64_t, open_run>;

  void later(std::uint64_t number, duration delay, std::function<void(open_run&)> action);
  void start(std::uint64_t number);
  void call(open_run& open);
  void resume(std::uint64_t number);
  void wait(std::uint64_t number, duration span);
  void wake_later(std::uint64_t number, duration delay);
  void finish(std::uint64_t number);
  [[nodiscard]] duration draw_delay_before(const std::string& kind, duration& remaining);

  setup setup_;
  const handler_registry& handlers_;
  handler_disruptions& disruptions_;
  world& world_;
  history& history_;
  prng random_;
  std::shared_ptr<runs> runs_; // Queued events may outlive it.
  std::uint64_t latest_ = 0;
  bool is_ended_ = false;
};

} // namespace belfry::sim
