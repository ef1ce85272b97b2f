#include "client/client_requests.hpp"

#include "wire/codec.hpp"
#include "wire/shard_of.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// A shard forgets a request that is not repeated for a minute.
constexpr std::uint32_t resend_growth_max = 4;

} // namespace

const wire::Request& client_requests::add(request_call call, std::uint32_t timeout_ticks) {
  const auto correlation = ++correlation_;
  call.request.set_correlation(correlation);
  if (wire::is_command(call.request))
    call.request.set_epoch(epochs_[call.request.shard()]);
  auto& kept = open_[correlation] = {std::move(call), timeout_ticks, 0, resend_ticks_, {}, false};
  return kept.call.request;
}

void client_requests::resend_all(std::uint32_t shard_count,
                                 const std::function<bool(std::uint32_t)>& is_affected,
                                 const sender& send) {
  for (auto& [correlation, kept] : open_) {
    if (!kept.call.schedule_name.empty())
      kept.call.request.set_shard(wire::shard_of_schedule(kept.call.schedule_name, shard_count));
    if (!is_affected(kept.call.request.shard()))
      continue;
    kept.unanswered_ticks = 0;
    send(kept.call.request);
  }
}

void client_requests::tick(const sender& send, const std::string& unavailable_reason) {
  std::map<std::uint64_t, pending_request> expired;
  for (auto at = open_.begin(); at != open_.end();) {
    auto here = at++;
    auto& kept = here->second;
    if (kept.timeout_ticks == 0) {
      expired.insert(open_.extract(here));
      continue;
    }
    --kept.timeout_ticks;
    if (++kept.unanswered_ticks < kept.resend_ticks)
      continue;
    kept.unanswered_ticks = 0;
    kept.resend_ticks = std::min(kept.resend_ticks * 2, resend_ticks_ * resend_growth_max);
    send(kept.call.request);
  }
  for (auto& [correlation, kept] : expired)
    kept.call.on_result(no_answer(kept, unavailable_reason));
}

failure client_requests::no_answer(const pending_request& kept,
                                   const std::string& unavailable_reason) {
  const auto span = " within " + std::to_string(kept.call.request_timeout.count()) + " ms";
  const auto& reason = unavailable_reason.empty() ? kept.unavailable_reason : unavailable_reason;
  return reason.empty() ? failure{errc::timed_out, "no answer" + span}
                        : failure{errc::unavailable, reason + "; no answer" + span};
}

/// A request that was sent again a while ago may wait for its answer: an old reason says nothing.
void client_requests::give_up(std::uint64_t group, const std::string& unavailable_reason) {
  std::map<std::uint64_t, pending_request> given_up;
  for (auto at = open_.begin(); at != open_.end();) {
    const auto here = at++;
    const auto& kept = here->second;
    const bool is_refused =
        !kept.unavailable_reason.empty() && (kept.is_backing_off || kept.unanswered_ticks == 0);
    if (kept.call.group == group && (is_refused || !unavailable_reason.empty()))
      given_up.insert(open_.extract(here));
  }
  for (auto& [correlation, kept] : given_up)
    kept.call.on_result(no_answer(kept, unavailable_reason));
}

std::optional<duration> client_requests::on_response(wire::Response& answer) {
  const auto found = open_.find(answer.correlation());
  if (found == open_.end())
    return std::nullopt;
  auto& kept = found->second;
  if (answer.has_epoch()) {
    kept.call.request.set_epoch(answer.epoch());
    epochs_[kept.call.request.shard()] = answer.epoch();
  }
  const auto& refusal = answer.failure();
  if (refusal.code() == static_cast<std::uint32_t>(errc::unavailable) &&
      refusal.retry_after_ms() > 0) {
    kept.unavailable_reason = refusal.what();
    kept.is_backing_off = true;
    return duration{refusal.retry_after_ms()};
  }
  auto call = std::move(kept.call);
  open_.erase(found);
  if (answer.has_failure())
    call.on_result(wire::read(answer.failure()));
  else
    call.on_result(std::move(answer));
  return std::nullopt;
}

void client_requests::resend(std::uint64_t correlation, const sender& send) {
  const auto found = open_.find(correlation);
  if (found == open_.end())
    return;
  found->second.unanswered_ticks = 0;
  found->second.is_backing_off = false;
  send(found->second.call.request);
}

void client_requests::fail_all(const failure& error) {
  for (auto& [correlation, kept] : std::exchange(open_, {}))
    kept.call.on_result(error);
}

} // namespace belfry
