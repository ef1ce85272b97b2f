#include "worker/task_outcome.hpp"

#include "belfry/options.hpp"

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <utility>

namespace belfry {

wire::RunOutcome outcome_of(const run_key& key, wire::RunOutcome::Verdict verdict) {
  wire::RunOutcome outcome;
  outcome.set_task(key.task.value);
  outcome.set_token(key.token.value);
  outcome.set_verdict(verdict);
  return outcome;
}

namespace {

/// The shard would cut it as well; cut here it need not travel.
std::string truncate(std::string&& text) {
  constexpr auto bytes_max = run_limits{}.output_bytes_max;
  if (text.size() > bytes_max)
    text.resize(bytes_max);
  return std::move(text);
}

wire::RunOutcome stopped_outcome(const run_key& key, stop_cause cause, std::string&& message) {
  if (cause == stop_cause::revoked)
    return outcome_of(key, wire::RunOutcome::CANCELLED);
  if (cause == stop_cause::interrupted)
    return outcome_of(key, wire::RunOutcome::SNOOZED);
  auto outcome = outcome_of(key, wire::RunOutcome::FAILED);
  outcome.set_error("timeout");
  outcome.set_message(truncate(std::move(message)));
  return outcome;
}

wire::RunOutcome reported_outcome(const run_key& key, run_result&& how) {
  if (how.end == run_result::verdict::succeeded) {
    auto outcome = outcome_of(key, wire::RunOutcome::SUCCEEDED);
    outcome.set_output(truncate(std::move(how.output)));
    return outcome;
  }
  if (how.end == run_result::verdict::snoozed) {
    auto outcome = outcome_of(key, wire::RunOutcome::SNOOZED);
    outcome.set_snooze_ms(std::max<std::int64_t>(1, how.snooze.count())); // 0: interrupted.
    return outcome;
  }
  if (how.error == "unknown_kind")
    return outcome_of(key, wire::RunOutcome::UNKNOWN_KIND);
  auto outcome = outcome_of(key, wire::RunOutcome::FAILED);
  outcome.set_error(truncate(std::move(how.error)));
  outcome.set_message(truncate(std::move(how.message)));
  outcome.set_is_final(how.is_final);
  return outcome;
}

} // namespace

wire::RunOutcome outcome_of(const run_key& key, run_result&& how, stop_cause cause,
                            bool saw_stop_request) {
  using verdict = run_result::verdict;
  const bool is_interrupted = cause == stop_cause::interrupted;
  const bool is_its_own = !saw_stop_request && (how.end == verdict::succeeded || is_interrupted);
  const bool chose_when = is_interrupted && how.end == verdict::snoozed;
  if (cause == stop_cause::none || is_its_own || chose_when)
    return reported_outcome(key, std::move(how));
  auto message = std::string{"over its time limit"};
  if (!how.message.empty())
    message += ": " + how.message;
  return stopped_outcome(key, cause, std::move(message));
}

wire::RunOutcome outcome_of_abandoned(const run_key& key, stop_cause cause) {
  return stopped_outcome(key, cause, "over its time limit, and did not end when it was asked to");
}

run_result failure_of(const caf::actor_system& system, const caf::error& why) {
  if (!why)
    return run_result::failed("error", "an error without a code");
  auto text = system.render(why);
  if (why == caf::sec::runtime_error || why == caf::exit_reason::unhandled_exception)
    return run_result::failed("exception", std::move(text));
  if (why == caf::sec::unexpected_response)
    return run_result::failed("unexpected_answer", std::move(text));
  return run_result::failed(caf::to_string(why.category()), std::move(text));
}

} // namespace belfry
