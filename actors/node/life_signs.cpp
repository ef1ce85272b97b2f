#include "node/life_signs.hpp"

#include "base/actor_basics.hpp"

#include <caf/actor_system.hpp>

#include <condition_variable>
#include <mutex>
#include <set>

namespace belfry {

struct life_signs::state {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::string> alive;
  std::optional<failure> first_end;
  bool is_ending = false; // Ends are meant, and not remembered.
  bool is_over = false;
};

life_signs::life_signs() : state_(std::make_shared<state>()) {}

void life_signs::watch(const std::string& name, const caf::actor& whom) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->alive.insert(name);
  }
  whom->attach_functor([state = state_, name, &system = whom.home_system()](const caf::error& why) {
    const std::lock_guard lock(state->mutex);
    state->alive.erase(name);
    if (!state->first_end && !state->is_ending)
      state->first_end = failure_of(why, system);
    state->changed.notify_all();
  });
}

bool life_signs::wait_for_end(const std::string& name, duration patience) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, patience, [&] { return !state_->alive.contains(name); });
}

std::optional<failure> life_signs::first_end() const {
  const std::lock_guard lock(state_->mutex);
  return state_->first_end;
}

void life_signs::expect_ends() {
  const std::lock_guard lock(state_->mutex);
  state_->is_ending = true;
}

void life_signs::all_over() {
  // Whoever waits may destroy this object as soon as the lock is free.
  const auto kept = state_;
  const std::lock_guard lock(kept->mutex);
  kept->is_over = true;
  kept->changed.notify_all();
}

std::optional<failure> life_signs::wait() const {
  const auto kept = state_;
  std::unique_lock lock(kept->mutex);
  kept->changed.wait(lock, [&] { return kept->is_over || kept->first_end; });
  return kept->first_end;
}

} // namespace belfry
