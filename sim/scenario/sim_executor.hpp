#pragma once

#include "observation/task_scripts.hpp"
#include "scenario/assigned_run.hpp"
#include "world/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace belfry::sim {

/// The runs of one incarnation of a worker node; outlives its actors.
class process_executor : public executor {
public:
  struct setup {
    std::string worker;
    std::function<void()> crash; ///< kills the worker's process as the next event
  };

  /// The process has died, and the runs with it.
  virtual void end() = 0;
};

/// Runs handlers in virtual time according to their scripts.
class sim_executor : public process_executor {
public:
  sim_executor(setup worker_setup, world& sim_world, history& run_history, task_scripts& scripts)
      : setup_(std::move(worker_setup)), world_(sim_world), history_(run_history),
        scripts_(scripts), runs_(std::make_shared<std::map<std::uint64_t, open_run>>()) {}

  void execute(run::facts description, std::shared_ptr<run_control> control,
               completion done) override;
  std::size_t abandon(const std::shared_ptr<run_control>& control) override;

  void end() override;

private:
  struct open_run : assigned_run {
    world_time ends_at{};
  };

  void poll(std::uint64_t number);
  void poll_later(std::uint64_t number, world_time delay);
  void finish(std::uint64_t number, run_ended::ending outcome, const run_result& result);
  void finish_by_script(std::uint64_t number);

  setup setup_;
  world& world_;
  history& history_;
  task_scripts& scripts_;
  std::shared_ptr<std::map<std::uint64_t, open_run>> runs_; // Queued events may outlive it.
  std::uint64_t latest_ = 0;
  bool is_ended_ = false;
};

} // namespace belfry::sim
