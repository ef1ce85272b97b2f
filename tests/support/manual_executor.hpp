#pragma once

#include "os/handlers/executor.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <utility>

namespace belfry::test {

/// An executor whose handlers return when the test decides.
class manual_executor final : public executor {
public:
  struct running {
    run::facts description;
    std::shared_ptr<run_control> control;
    completion done;
  };

  void execute(run::facts description, std::shared_ptr<run_control> control,
               completion done) override {
    if (!control->begin(clock()))
      return done(too_late_to_start());
    started.push_back(description.kind);
    runs.push_back({std::move(description), std::move(control), std::move(done)});
  }

  std::size_t abandon(const std::shared_ptr<run_control>&) override {
    if (has_free_threads)
      return ++abandoned;
    finish_oldest(run_result::not_started("threads", "no thread was free to run it"));
    return abandoned;
  }

  /// Lets the oldest running handler return.
  void finish_oldest(run_result result = run_result::success("done")) {
    auto oldest = std::move(runs.front());
    runs.pop_front();
    oldest.done(std::move(result));
  }

  std::deque<running> runs; ///< handlers that have not returned
  std::deque<std::string> started;
  std::size_t abandoned = 0;
  bool has_free_threads = true; ///< false: a run that is abandoned had not begun
  /// Says when handlers are called; before any limit.
  std::function<run_control::monotonic_time()> clock = [] { return run_control::monotonic_time{}; };
};

} // namespace belfry::test
