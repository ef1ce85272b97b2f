#include "shard/task_waiters.hpp"

#include <algorithm>
#include <iterator>

namespace belfry {

void task_waiters::add(task_id task, const caf::actor& client, std::uint64_t correlation,
                       instant now) {
  auto& waiters = waiters_[task];
  const auto known = std::find_if(waiters.begin(), waiters.end(), [&](const waiter& waiting) {
    return waiting.correlation == correlation && waiting.client == client;
  });
  if (known != waiters.end())
    known->last_request_at = now;
  else
    waiters.push_back({.client = client, .correlation = correlation, .last_request_at = now});
}

std::vector<task_waiters::waiter> task_waiters::take(task_id task) {
  auto found = waiters_.extract(task);
  return found ? std::move(found.mapped()) : std::vector<waiter>{};
}

std::vector<task_id> task_waiters::expire(instant now) {
  std::vector<task_id> abandoned;
  if (now < swept_at_ + timeout)
    return abandoned;
  swept_at_ = now;
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    std::erase_if(at->second,
                  [now](const waiter& waiting) { return waiting.last_request_at + timeout < now; });
    if (at->second.empty())
      abandoned.push_back(at->first);
    at = at->second.empty() ? waiters_.erase(at) : std::next(at);
  }
  return abandoned;
}

} // namespace belfry
