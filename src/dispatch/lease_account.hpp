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
class lease_account {
public:
  using moment = std::chrono::nanoseconds; ///< of a clock that nobody sets

  /// An Attach or a Beat goes out; returns its number, which answers bear. Of a Beat that the node
  /// will not answer it is 0.
  [[nodiscard]] std::uint64_t ask(moment now);
  [[nodiscard]] std::uint64_t beat(moment now);

  /// The node has answered an Attach; returns false, and nothing changes, if none of this number
  /// waits for an answer: it was on a connection before, or before a doubt.
  [[nodiscard]] bool attached(std::uint64_t number, bool answers_beats);
  /// The node has answered a Beat. That ends no doubt: only an Attach tells the shards of a worker
  /// whose lease had ended.
  void heard(std::uint64_t number);
  /// The connection broke: no answers come.
  void cut();

  /// Returns whether a lease of `length` may be over, the first time that it may.
  [[nodiscard]] bool begins_to_doubt(moment now, duration length);

  /// Whether the lease may be over.
  [[nodiscard]] bool is_in_doubt() const { return is_in_doubt_; }
  /// Whether an Attach waits for its answer.
  [[nodiscard]] bool is_asking() const { return !asked_.empty(); }
  /// Whether it is this one, and none has been sent since.
  [[nodiscard]] bool is_asking(std::uint64_t number) const {
    return is_asking() && asked_.rbegin()->first == number;
  }
  /// When the lease began; the epoch of the clock before the first one.
  [[nodiscard]] moment since() const { return since_.value_or(moment{}); }

private:
  using words = std::map<std::uint64_t, moment>; // When each was sent.

  static std::optional<moment> take(words& sent, std::uint64_t number);
  void renew(moment sent);

  words asked_; // Without an answer.
  words beats_; // The same.
  std::uint64_t latest_ = 0;
  std::optional<moment> since_;
  bool answers_beats_ = false;
  bool is_in_doubt_ = false;
};

} // namespace belfry
