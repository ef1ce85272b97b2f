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

/// What a test has ordered about the runs of its handlers.
struct handler_disruptions {
  enum class disruption : std::uint8_t {
    crash_before, ///< the worker dies before the handler is called
    crash_after,  ///< when it has returned, and before anybody hears of that
    late,         ///< what it returned is held back
  };
  struct order {
    disruption what = disruption::late;
    duration by{0};
  };

  std::map<std::string, duration> spans;                // Of a run, by kind.
  std::map<std::string, std::deque<order>> disruptions; // For the next runs of a kind.
  bool is_calling = false;                              // A handler, at this very moment.
};

/// Runs a user's own handlers in virtual time, one at a time, each on a thread that takes turns
/// with the world: a handler that waits lets the world go on.
///
/// A run takes the span that its kind was given; its handler is called at the beginning or at the
/// end of it, as chance has it, so that a crash meanwhile finds its work done or not.
class handler_executor : public process_executor {
public:
  handler_executor(setup of, const handler_registry& handlers, handler_disruptions& orders,
                   world& sim_world, history& run_history, std::uint64_t seed);

  void execute(run::facts known, std::shared_ptr<run_control> control, completion done) override;
  std::size_t abandon(const std::shared_ptr<run_control>& control) override;
  void end() override;

private:
  struct open_run : assigned_run {
    std::optional<handler_disruptions::order> disruption{};
    duration rest{0}; // After the handler has returned.
    std::unique_ptr<stepped_thread> thread{};
    run_result how{};
    std::uint64_t waits = 0; // So far: an alarm of an earlier wait wakes nobody.
    bool is_waiting = false;
  };
  using runs = std::map<std::uint64_t, open_run>;

  void later(std::uint64_t number, duration delay, std::function<void(open_run&)> action);
  void start(std::uint64_t number);
  void call(open_run& one);
  void resume(std::uint64_t number);
  void wait(std::uint64_t number, duration span);
  void wake_later(std::uint64_t number, duration delay);
  void finish(std::uint64_t number);
  [[nodiscard]] duration draw_part(const std::string& kind, duration& rest);

  setup setup_;
  const handler_registry& handlers_;
  handler_disruptions& orders_;
  world& world_;
  history& history_;
  prng random_;
  std::shared_ptr<runs> runs_; // Outlived by deeds in the agenda.
  std::uint64_t latest_ = 0;
  bool is_over_ = false;
};

} // namespace belfry::sim
