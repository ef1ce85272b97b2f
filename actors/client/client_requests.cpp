#include "client/client_requests.hpp"

#include "wire/codec.hpp"
#include "wire/shard_of.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

/// A shard forgets who has not asked for a minute.
constexpr std::uint32_t resend_growth_max = 4;

} // namespace

const wire::Request& client_requests::add(ask_call call, std::uint32_t patience_ticks) {
  const auto correlation = ++correlation_;
  call.about.set_correlation(correlation);
  if (wire::is_order(call.about))
    call.about.set_epoch(epochs_[call.about.shard()]);
  auto& kept = open_[correlation] = {std::move(call), patience_ticks, 0, resend_ticks_, {}};
  return kept.call.about;
}

void client_requests::resend_all(std::uint32_t shard_count,
                                 const std::function<bool(std::uint32_t)>& is_meant,
                                 const sender& send) {
  for (auto& [correlation, kept] : open_) {
    if (!kept.call.route.empty())
      kept.call.about.set_shard(wire::shard_of_schedule(kept.call.route, shard_count));
    if (!is_meant(kept.call.about.shard()))
      continue;
    kept.silent_ticks = 0;
    send(kept.call.about);
  }
}

void client_requests::tick(const sender& send, const std::string& trouble) {
  std::map<std::uint64_t, question> late;
  for (auto at = open_.begin(); at != open_.end();) {
    auto here = at++;
    auto& kept = here->second;
    if (kept.patience_ticks == 0) {
      late.insert(open_.extract(here));
      continue;
    }
    --kept.patience_ticks;
    if (++kept.silent_ticks < kept.resend_ticks)
      continue;
    kept.silent_ticks = 0;
    kept.resend_ticks = std::min(kept.resend_ticks * 2, resend_ticks_ * resend_growth_max);
    send(kept.call.about);
  }
  for (auto& [correlation, kept] : late) {
    const auto span = " within " + std::to_string(kept.call.patience.count()) + " ms";
    const auto& why = trouble.empty() ? kept.trouble : trouble;
    kept.call.answered(why.empty() ? failure{errc::timed_out, "no answer" + span}
                                   : failure{errc::unavailable, why + span});
  }
}

std::optional<duration> client_requests::take(wire::Answer& answer) {
  const auto found = open_.find(answer.correlation());
  if (found == open_.end())
    return std::nullopt;
  auto& kept = found->second;
  if (answer.has_epoch()) {
    kept.call.about.set_epoch(answer.epoch());
    epochs_[kept.call.about.shard()] = answer.epoch();
  }
  const auto& why = answer.failure();
  if (why.code() == static_cast<std::uint32_t>(errc::unavailable) && why.retry_after_ms() > 0) {
    kept.trouble = why.what();
    return duration{why.retry_after_ms()};
  }
  auto call = std::move(kept.call);
  open_.erase(found);
  if (answer.has_failure())
    call.answered(wire::read(answer.failure()));
  else
    call.answered(std::move(answer));
  return std::nullopt;
}

void client_requests::resend(std::uint64_t correlation, const sender& send) {
  const auto found = open_.find(correlation);
  if (found == open_.end())
    return;
  found->second.silent_ticks = 0;
  send(found->second.call.about);
}

void client_requests::fail_all(const failure& why) {
  for (auto& [correlation, kept] : std::exchange(open_, {}))
    kept.call.answered(why);
}

} // namespace belfry
