#pragma once

#include "belfry/ids.hpp"
#include "belfry/time.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <map>
#include <vector>

namespace belfry {

/// The clients that wait for tasks of a shard to be settled.
///
/// A client repeats its request every few seconds while it waits. One that has not done so for
/// `timeout` is gone and is forgotten, so that clients which never come back cost no memory.
class task_waiters {
public:
  static constexpr duration timeout{60'000};

  /// A request that is answered when its task is settled.
  struct waiter {
    caf::actor client;
    std::uint64_t correlation = 0;
    instant last_request_at{};
  };

  /// `client` waits for `task`. A request with the same correlation is the same one, repeated.
  void add(task_id task, const caf::actor& client, std::uint64_t correlation, instant now);

  [[nodiscard]] bool has(task_id task) const { return waiters_.contains(task); }
  /// Removes and returns those that wait for `task`.
  [[nodiscard]] std::vector<waiter> take(task_id task);

  /// Forgets clients that are gone, and returns the tasks that nobody waits for any more. Looks at
  /// all of them once per `timeout`.
  [[nodiscard]] std::vector<task_id> expire(instant now);

  [[nodiscard]] bool is_empty() const { return waiters_.empty(); }

private:
  std::map<task_id, std::vector<waiter>> waiters_;
  instant swept_at_{};
};

} // namespace belfry
