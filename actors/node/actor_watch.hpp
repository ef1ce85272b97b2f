#pragma once

#include "belfry/failure.hpp"
#include "belfry/time.hpp"

#include <caf/actor.hpp>

#include <memory>
#include <optional>
#include <string>

namespace belfry {

/// Watches actors from outside the actor system. May be used from any thread; outlives both the
/// actors and the system if it must.
class actor_watch {
public:
  actor_watch();

  /// Begins to watch `whom` under `name`.
  void watch(const std::string& name, const caf::actor& whom);

  /// Waits up to `patience` for the end of what is watched under `name`. Returns whether it ended,
  /// or was never watched.
  [[nodiscard]] bool wait_for_end(const std::string& name, duration patience) const;

  /// Nothing while all that is watched lives, then why the first that ended did so.
  [[nodiscard]] std::optional<failure> first_failure() const;

  /// Whatever ends from now on was meant to.
  void expect_termination();

  /// All is over: `wait` returns.
  void release_waiters();

  /// Waits until something ended that was not meant to, and returns why, or until
  /// `release_waiters`.
  [[nodiscard]] std::optional<failure> wait() const;

private:
  struct state;
  std::shared_ptr<state> state_; // Shared with the actors.
};

} // namespace belfry
