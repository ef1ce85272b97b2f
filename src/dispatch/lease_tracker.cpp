#include "dispatch/lease_tracker.hpp"

#include <algorithm>
#include <iterator>

namespace belfry {

std::uint64_t lease_tracker::attach_sent(monotonic_time now) {
  pending_attaches_[++last_number_] = now;
  return last_number_;
}

std::uint64_t lease_tracker::beat(monotonic_time now) {
  if (!answers_heartbeats_) {
    renew(now);
    return 0;
  }
  pending_heartbeats_[++last_number_] = now;
  return last_number_;
}

bool lease_tracker::attached(std::uint64_t number, bool answers_heartbeats) {
  if (number == 0 && is_attach_pending())
    number = pending_attaches_.rbegin()->first;
  const auto sent = acknowledge(pending_attaches_, number);
  if (!sent)
    return false;
  renew(*sent);
  answers_heartbeats_ = answers_heartbeats;
  may_have_expired_ = false;
  return true;
}

void lease_tracker::heard(std::uint64_t number) {
  if (const auto sent = acknowledge(pending_heartbeats_, number))
    renew(*sent);
}

void lease_tracker::connection_lost() {
  pending_attaches_.clear();
  pending_heartbeats_.clear();
}

bool lease_tracker::detect_expiry(monotonic_time now, duration length) {
  if (may_have_expired_ || !lease_start_ || now <= *lease_start_ + length)
    return false;
  may_have_expired_ = true;
  connection_lost(); // The answers that are under way were given before.
  return true;
}

/// Those before it are answered with it: a connection keeps their order.
std::optional<lease_tracker::monotonic_time> lease_tracker::acknowledge(sent_times& sent,
                                                                        std::uint64_t number) {
  const auto found = sent.find(number);
  if (found == sent.end())
    return std::nullopt;
  const auto at = found->second;
  sent.erase(sent.begin(), std::next(found));
  return at;
}

void lease_tracker::renew(monotonic_time sent) {
  lease_start_ = std::max(since(), sent);
}

} // namespace belfry
