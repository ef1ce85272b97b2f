#pragma once

#include "belfry/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

namespace belfry {

/// What a worker knows of the lease that the shards of one node give it.
///
/// A lease runs from the moment when a word was sent of which the node has said that its shards
/// heard it: not from when it said so, since the answer may wait in a process that is stopped, nor
/// from a word without an answer, since a connection may be silent. When it may be over, the shards
/// may have given the worker's runs to others: then nothing may begin before the node answers an
/// Attach that was sent after that.
///
/// A node of an earlier version answers no Beats and does not say which Attach it answers; it is
/// believed to have heard the latest. Part of one actor. Costs O(log n) in words without an answer.
class lease_tracker {
public:
  using monotonic_time = std::chrono::nanoseconds; ///< of a clock that nobody sets

  /// An Attach or a Beat goes out; returns its number, which answers bear. Of a Beat that the node
  /// will not answer it is 0.
  [[nodiscard]] std::uint64_t attach_sent(monotonic_time now);
  [[nodiscard]] std::uint64_t beat(monotonic_time now);

  /// The node has answered an Attach; returns false, and nothing changes, if none of this number
  /// waits for an answer: it was on a connection before, or before a doubt.
  [[nodiscard]] bool attached(std::uint64_t number, bool answers_heartbeats);
  /// The node has answered a Beat. That ends no doubt: only an Attach tells the shards of a worker
  /// whose lease had ended.
  void heard(std::uint64_t number);
  /// The connection broke: no answers come.
  void connection_lost();

  /// Returns whether a lease of `length` may be over, the first time that it may.
  [[nodiscard]] bool detect_expiry(monotonic_time now, duration length);

  /// Whether the lease may be over.
  [[nodiscard]] bool may_have_expired() const { return may_have_expired_; }
  /// Whether an Attach waits for its answer.
  [[nodiscard]] bool is_attach_pending() const { return !pending_attaches_.empty(); }
  /// Whether it is this one, and none has been sent since.
  [[nodiscard]] bool is_attach_pending(std::uint64_t number) const {
    return is_attach_pending() && pending_attaches_.rbegin()->first == number;
  }
  /// When the lease began; the epoch of the clock before the first one.
  [[nodiscard]] monotonic_time since() const { return lease_start_.value_or(monotonic_time{}); }

private:
  using sent_times = std::map<std::uint64_t, monotonic_time>; // When each was sent.

  static std::optional<monotonic_time> acknowledge(sent_times& sent, std::uint64_t number);
  void renew(monotonic_time sent);

  sent_times pending_attaches_;   // Without an answer.
  sent_times pending_heartbeats_; // The same.
  std::uint64_t last_number_ = 0;
  std::optional<monotonic_time> lease_start_;
  bool answers_heartbeats_ = false;
  bool may_have_expired_ = false;
};

} // namespace belfry
