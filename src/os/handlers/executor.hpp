#pragma once

#include "belfry/handler.hpp"

#include <cstddef>
#include <functional>
#include <memory>

namespace belfry {

/// Runs handlers somewhere they may block. Production has threads for it (`runner_pool`), the
/// simulator and the tests run them in their own way.
class executor {
public:
  using completion = std::function<void(run_result)>;

  virtual ~executor() = default;

  /// Runs the handler of `known.kind`, later or at once, and calls `done` exactly once with how it
  /// ended, from any thread; `unknown_kind` is the name of the failure if there is none.
  virtual void execute(run::facts known, std::shared_ptr<run_control> control, completion done) = 0;

  /// As long as what this returns lives, runs may wait for others that are to come, as waking a
  /// thread for each would cost more than a short run does. It may outlive the executor.
  [[nodiscard]] virtual std::shared_ptr<void> hold_batch() { return nullptr; }

  /// Nobody waits any longer for the run of `control`, which has been cancelled: what it occupies
  /// is to be replaced, as it may never end. Its `done` is still called if it does. Returns how
  /// many abandoned runs have not ended so far.
  virtual std::size_t abandon(const std::shared_ptr<run_control>& control) = 0;
};

} // namespace belfry
