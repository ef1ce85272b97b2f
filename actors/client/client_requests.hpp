#pragma once

#include "client/client_inbox.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace belfry {

/// The questions that are not answered yet.
class client_requests {
public:
  /// Sends a Request.
  using sender = std::function<void(const wire::Request& request)>;

  /// Time is counted in ticks: `resend_ticks` without an answer, and the question is sent again;
  /// then after twice as many, and at last after four times as many: `wait` may rightly take long,
  /// but the shard forgets a client that is silent for a minute.
  explicit client_requests(std::uint32_t resend_ticks) : resend_ticks_(resend_ticks) {}

  /// Numbers the question and keeps it until it is answered or `timeout_ticks` have passed.
  /// The reference lives as long as the question.
  const wire::Request& add(request_call call, std::uint32_t timeout_ticks);

  /// Sends those that are for these shards, asking the right shard for a schedule.
  void resend_all(std::uint32_t shard_count, const std::function<bool(std::uint32_t)>& is_affected,
                  const sender& send);
  /// Time passes: fails those that are out of patience, sends others again. What `trouble` says, if
  /// anything, is the reason why nothing can be answered now.
  void tick(const sender& send, const std::string& unavailable_reason);
  /// Returns for how long the question is to rest before it is sent again: what it is about is
  /// not there now, and may soon be.
  [[nodiscard]] std::optional<duration> take(wire::Response& answer);
  /// The rest is over.
  void resend(std::uint64_t correlation, const sender& send);
  void fail_all(const failure& why);

  [[nodiscard]] bool is_idle() const { return open_.empty(); }

private:
  struct pending_request {
    request_call call;
    std::uint32_t timeout_ticks = 0;
    std::uint32_t unanswered_ticks = 0; // Since it was sent last.
    std::uint32_t resend_ticks = 0;
    std::string unavailable_reason; // Why it is not answered, as far as a node has said.
  };

  const std::uint32_t resend_ticks_;
  std::map<std::uint64_t, pending_request> open_; // By correlation.
  std::uint64_t correlation_ = 0;                 // The latest one given.
  std::map<std::uint32_t, std::uint64_t> epochs_; // Of the shards, as they have said.
};

} // namespace belfry
