#pragma once

#include "belfry/failure.hpp"
#include "belfry/time.hpp"

#include <caf/actor.hpp>

#include <memory>
#include <optional>
#include <string>

namespace belfry {

/// Watches actors from outside the actor system. May be used from any thread, and may outlive both
/// the actors and the system.
class actor_watch {
public:
  actor_watch();

  /// Starts to watch `actor` under `name`.
  void watch(const std::string& name, const caf::actor& actor);

  /// Waits up to `timeout` for the end of the actor that is watched under `name`. Returns whether
  /// it has ended, or was never watched.
  [[nodiscard]] bool wait_for_end(const std::string& name, duration timeout) const;

  /// Why the first watched actor ended; nothing while all are alive.
  [[nodiscard]] std::optional<failure> first_failure() const;

  /// Actors that end from now on have not failed.
  void expect_termination();

  /// Makes every `wait` return, now and later.
  void release_waiters();

  /// Waits for the first failure and returns it; returns nothing after `release_waiters`.
  [[nodiscard]] std::optional<failure> wait() const;

private:
  struct state;
  std::shared_ptr<state> state_; // Shared with the actors.
};

} // namespace belfry
