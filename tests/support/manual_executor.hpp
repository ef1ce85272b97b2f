#pragma once

#include "os/handlers/executor.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

namespace belfry::test {

/// An executor whose handlers return when the test says so.
class manual_executor final : public executor {
public:
  struct running {
    run::facts known;
    std::shared_ptr<run_control> control;
    completion done;
  };

  void execute(run::facts known, std::shared_ptr<run_control> control, completion done) override {
    started.push_back(known.kind);
    runs.push_back({std::move(known), std::move(control), std::move(done)});
  }

  std::size_t abandon(const std::shared_ptr<run_control>&) override { return ++abandoned; }

  /// Lets the oldest handler return.
  void end(run_result how = run_result::success("done")) {
    auto one = std::move(runs.front());
    runs.pop_front();
    one.done(std::move(how));
  }

  std::deque<running> runs; ///< those that have not returned
  std::deque<std::string> started;
  std::size_t abandoned = 0;
};

} // namespace belfry::test
