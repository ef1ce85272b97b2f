#include "worker/worker_lease.hpp"

#include <algorithm>
#include <iterator>

namespace belfry {

std::uint64_t worker_lease::attach_sent(monotonic_time now) {
  const auto number = number_sent(now);
  pending_attaches_[number] = now;
  return number;
}

std::uint64_t worker_lease::heartbeat_sent(monotonic_time now) {
  if (!answers_heartbeats_) {
    renew(now);
    return 0;
  }
  const auto number = number_sent(now);
  pending_heartbeats_[number] = now;
  return number;
}

std::uint64_t worker_lease::number_sent(monotonic_time now) {
  sent_.push_back(now);
  if (sent_.size() > sent_kept)
    sent_.pop_front();
  return ++last_number_;
}

std::optional<worker_lease::monotonic_time> worker_lease::sent_at(std::uint64_t number) const {
  if (number > last_number_ || last_number_ - number >= sent_.size())
    return std::nullopt;
  return sent_[sent_.size() - 1 - (last_number_ - number)];
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
