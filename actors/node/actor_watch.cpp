#include "node/actor_watch.hpp"

#include "base/actor_basics.hpp"

#include <caf/actor_system.hpp>

#include <condition_variable>
#include <mutex>
#include <set>

namespace belfry {

struct actor_watch::state {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::string> alive;
  std::optional<failure> first_failure;
  bool is_stopping = false; // Actors that end now have not failed.
  bool is_released = false;
};

actor_watch::actor_watch() : state_(std::make_shared<state>()) {}

void actor_watch::watch(const std::string& name, const caf::actor& actor) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->alive.insert(name);
  }
  actor->attach_functor(
      [state = state_, name, &system = actor.home_system()](const caf::error& reason) {
        const std::lock_guard lock(state->mutex);
        state->alive.erase(name);
        if (!state->first_failure && !state->is_stopping)
          state->first_failure = failure_of(reason, system);
        state->changed.notify_all();
      });
}

bool actor_watch::wait_for_end(const std::string& name, duration timeout) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, timeout, [&] { return !state_->alive.contains(name); });
}

std::optional<failure> actor_watch::first_failure() const {
  const std::lock_guard lock(state_->mutex);
  return state_->first_failure;
}

void actor_watch::expect_termination() {
  const std::lock_guard lock(state_->mutex);
  state_->is_stopping = true;
}

void actor_watch::release_waiters() {
  // The waiting thread may destroy this object as soon as the lock is free.
  const auto kept = state_;
  const std::lock_guard lock(kept->mutex);
  kept->is_released = true;
  kept->changed.notify_all();
}

std::optional<failure> actor_watch::wait() const {
  const auto kept = state_;
  std::unique_lock lock(kept->mutex);
  kept->changed.wait(lock, [&] { return kept->is_released || kept->first_failure; });
  return kept->first_failure;
}

} // namespace belfry
