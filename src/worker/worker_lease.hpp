#pragma once

#include "belfry/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace belfry {

/// How long after one heartbeat a worker sends the next, under leases of that length: three in a
/// row may be late before the lease may have expired. What nodes show of a worker is that old.
[[nodiscard]] constexpr duration heartbeat_interval(duration lease) {
  return lease / 4;
}

/// What a worker knows of the lease that the shards of one node give it.
///
/// A lease starts when the latest message was *sent* that the node has acknowledged for all its
/// shards. It does not start when the acknowledgement arrives, since that may have waited in a
/// process that was stopped; and a message without an acknowledgement does not renew it, since the
/// connection may be dead. When the lease may have expired, the shards may have given the worker's
/// runs to others: then no run may start before the node acknowledges an Attach that was sent after
/// that moment.
///
///     0 s   heartbeat 7 is sent
///     1 s   it is acknowledged: the lease runs from 0 s on
///     9 s   the process is stopped
///    12 s   it goes on; with leases of 10 s, `detect_expiry` returns true once
///    12 s   Attach 8 is sent; acknowledgements of earlier messages are ignored
///    13 s   Attach 8 is acknowledged: the lease runs from 12 s on
///
/// A node of an earlier version acknowledges no heartbeats and does not say which Attach it
/// answers: there heartbeats renew the lease when sent, and an answer is for the latest Attach.
/// Part of one actor. Costs O(log n) in messages without an answer.
class worker_lease {
public:
  using monotonic_time = std::chrono::nanoseconds; ///< of a clock that nobody sets

  /// An Attach or a heartbeat is sent; returns the number that its acknowledgement will bear. It
  /// is 0 for a heartbeat that the node will not acknowledge.
  [[nodiscard]] std::uint64_t attach_sent(monotonic_time now);
  [[nodiscard]] std::uint64_t heartbeat_sent(monotonic_time now);

  /// When the Attach or heartbeat of this number was sent; nothing: it was not one of the latest
  /// `sent_kept`. A node dates its grants by the latest one that it has heard.
  [[nodiscard]] std::optional<monotonic_time> sent_at(std::uint64_t number) const;
  static constexpr std::size_t sent_kept = 32;

  /// The node has answered an Attach. Returns false, and changes nothing, if no Attach of this
  /// number is pending: it was sent on an earlier connection, or before the lease may have expired.
  [[nodiscard]] bool attach_acked(std::uint64_t number, bool answers_heartbeats);
  /// The node has answered a heartbeat. After `may_have_expired` only an Attach helps: it tells the
  /// shards of a worker whose lease had ended.
  void heartbeat_acked(std::uint64_t number);
  /// The connection is lost: no answers will come.
  void connection_lost();

  /// Returns true once when a lease of `length` may have expired, and false otherwise.
  [[nodiscard]] bool detect_expiry(monotonic_time now, duration length);

  /// Whether the lease may have expired, and no Attach was acknowledged since.
  [[nodiscard]] bool may_have_expired() const { return may_have_expired_; }
  /// Whether an Attach has not been answered yet.
  [[nodiscard]] bool is_attach_pending() const { return !pending_attaches_.empty(); }
  /// Whether an Attach or a heartbeat has not been answered yet.
  [[nodiscard]] bool is_answer_pending() const {
    return is_attach_pending() || !pending_heartbeats_.empty();
  }
  /// Whether the latest Attach has this number and has not been answered yet.
  [[nodiscard]] bool is_attach_pending(std::uint64_t number) const {
    return is_attach_pending() && pending_attaches_.rbegin()->first == number;
  }
  /// When the lease started; the epoch of the clock before the first one.
  [[nodiscard]] monotonic_time lease_start() const {
    return lease_start_.value_or(monotonic_time{});
  }

private:
  using sent_times = std::map<std::uint64_t, monotonic_time>; // When each was sent.

  [[nodiscard]] std::uint64_t number_sent(monotonic_time now);
  static std::optional<monotonic_time> acknowledge(sent_times& sent, std::uint64_t number);
  void renew(monotonic_time sent_at);

  sent_times pending_attaches_;
  sent_times pending_heartbeats_;
  std::deque<monotonic_time> sent_; // When the latest were, up to that of `last_number_`.
  std::uint64_t last_number_ = 0;
  std::optional<monotonic_time> lease_start_;
  bool answers_heartbeats_ = false;
  bool may_have_expired_ = false;
};

} // namespace belfry
