#pragma once

#include "client/client_inbox.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace belfry {

/// The requests that are not answered yet.
class client_requests {
public:
  /// Sends a Request.
  using sender = std::function<void(const wire::Request& request)>;

  /// Time is counted in ticks: after `resend_ticks` without an answer the request is resent, then
  /// after twice as many, and at last after four times as many: `wait` may take long, but a shard
  /// forgets a request that is not repeated for a minute.
  explicit client_requests(std::uint32_t resend_ticks) : resend_ticks_(resend_ticks) {}

  /// Numbers the request and keeps it until it is answered or `timeout_ticks` have passed. The
  /// reference is valid until then.
  const wire::Request& add(request_call call, std::uint32_t timeout_ticks);

  /// Resends the requests for these shards; those about a schedule go to its shard.
  void resend_all(std::uint32_t shard_count, const std::function<bool(std::uint32_t)>& is_affected,
                  const sender& send);
  /// A tick has passed: fails the requests that timed out, resends others. `unavailable_reason`, if
  /// not empty, is why nothing can be answered now.
  void tick(const sender& send, const std::string& unavailable_reason);
  /// The caller of `group` stops waiting: fails those of its requests that a node cannot answer
  /// now, with the reason. Others may be answered still, and stay open.
  void give_up(std::uint64_t group, const std::string& unavailable_reason);
  /// Returns the back-off before the request is resent, if the answer is that the shard is
  /// temporarily unavailable.
  [[nodiscard]] std::optional<duration> on_response(wire::Response& answer);
  /// The back-off is over.
  void resend(std::uint64_t correlation, const sender& send);
  void fail_all(const failure& error);

  [[nodiscard]] bool is_idle() const { return open_.empty(); }

private:
  struct pending_request {
    request_call call;
    std::uint32_t timeout_ticks = 0;
    std::uint32_t unanswered_ticks = 0; // Since it was sent last.
    std::uint32_t resend_ticks = 0;
    std::string unavailable_reason; // The latest reason that a node gave.
    bool is_backing_off = false;    // A node gave it after the request was sent last.
  };

  [[nodiscard]] static failure no_answer(const pending_request& kept,
                                         const std::string& unavailable_reason);

  const std::uint32_t resend_ticks_;
  std::map<std::uint64_t, pending_request> open_; // By correlation.
  std::uint64_t correlation_ = 0;                 // The latest one given.
  std::map<std::uint32_t, std::uint64_t> epochs_; // Of the shards, as last reported.
};

} // namespace belfry
