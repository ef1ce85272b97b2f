#include "worker/worker_lease.hpp"

#include <algorithm>
#include <iterator>

namespace belfry {

std::uint64_t worker_lease::attach_sent(monotonic_time now) {
  pending_attaches_[++last_number_] = now;
  return last_number_;
}

std::uint64_t worker_lease::heartbeat_sent(monotonic_time now) {
  if (!answers_heartbeats_) {
    renew(now);
    return 0;
  }
  pending_heartbeats_[++last_number_] = now;
  return last_number_;
}

bool worker_lease::attach_acked(std::uint64_t number, bool answers_heartbeats) {
  if (number == 0 && is_attach_pending())
    number = pending_attaches_.rbegin()->first;
  const auto sent_at = acknowledge(pending_attaches_, number);
  if (!sent_at)
    return false;
  renew(*sent_at);
  answers_heartbeats_ = answers_heartbeats;
  may_have_expired_ = false;
  return true;
}

void worker_lease::heartbeat_acked(std::uint64_t number) {
  if (const auto sent_at = acknowledge(pending_heartbeats_, number))
    renew(*sent_at);
}

void worker_lease::connection_lost() {
  pending_attaches_.clear();
  pending_heartbeats_.clear();
}

bool worker_lease::detect_expiry(monotonic_time now, duration length) {
  if (may_have_expired_ || !lease_start_ || now <= *lease_start_ + length)
    return false;
  may_have_expired_ = true;
  connection_lost(); // Answers in flight were given before the lease expired.
  return true;
}

/// Earlier messages are acknowledged with it: a connection keeps their order.
std::optional<worker_lease::monotonic_time> worker_lease::acknowledge(sent_times& sent,
                                                                      std::uint64_t number) {
  const auto found = sent.find(number);
  if (found == sent.end())
    return std::nullopt;
  const auto sent_at = found->second;
  sent.erase(sent.begin(), std::next(found));
  return sent_at;
}

void worker_lease::renew(monotonic_time sent_at) {
  lease_start_ = std::max(lease_start(), sent_at);
}

} // namespace belfry
