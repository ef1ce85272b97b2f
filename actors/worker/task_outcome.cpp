#include "worker/task_outcome.hpp"

#include "belfry/options.hpp"
#include "text/utf8.hpp"

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

/// The shard truncates too; truncated here the rest is not sent.
std::string truncate(std::string&& text) {
  constexpr auto bytes_max = run_limits{}.output_bytes_max;
  truncate_utf8(text, bytes_max);
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

wire::RunOutcome reported_outcome(const run_key& key, run_result&& result) {
  if (result.end == run_result::verdict::succeeded) {
    auto outcome = outcome_of(key, wire::RunOutcome::SUCCEEDED);
    outcome.set_output(truncate(std::move(result.output)));
    return outcome;
  }
  if (result.end == run_result::verdict::snoozed) {
    auto outcome = outcome_of(key, wire::RunOutcome::SNOOZED);
    outcome.set_snooze_ms(std::max<std::int64_t>(1, result.snooze.count())); // 0: interrupted.
    return outcome;
  }
  if (result.end == run_result::verdict::interrupted)
    return outcome_of(key, wire::RunOutcome::SNOOZED);
  if (result.end == run_result::verdict::not_started) {
    auto outcome = outcome_of(key, wire::RunOutcome::NOT_STARTED);
    outcome.set_error(truncate(std::move(result.error)));
    outcome.set_message(truncate(std::move(result.message)));
    return outcome;
  }
  if (result.error == "unknown_kind")
    return outcome_of(key, wire::RunOutcome::UNKNOWN_KIND);
  auto outcome = outcome_of(key, wire::RunOutcome::FAILED);
  outcome.set_error(truncate(std::move(result.error)));
  outcome.set_message(truncate(std::move(result.message)));
  outcome.set_is_final(result.is_final);
  return outcome;
}

} // namespace

wire::RunOutcome outcome_of(const run_key& key, run_result&& result, stop_cause cause,
                            bool saw_stop_request) {
  using verdict = run_result::verdict;
  const bool is_interrupted = cause == stop_cause::interrupted;
  const bool ignores_stop =
      !saw_stop_request && (result.end == verdict::succeeded || is_interrupted);
  const bool chose_delay = is_interrupted && result.end == verdict::snoozed;
  const bool lacks_progress = is_interrupted && result.error == progress_too_large;
  const bool has_not_started = cause != stop_cause::revoked && result.end == verdict::not_started;
  if (cause == stop_cause::none || ignores_stop || chose_delay || lacks_progress || has_not_started)
    return reported_outcome(key, std::move(result));
  auto message = std::string{"timed out"};
  if (!result.message.empty())
    message += ": " + result.message;
  return stopped_outcome(key, cause, std::move(message));
}

void add_saved_progress(wire::RunOutcome& outcome, const run_control& control) {
  if (outcome.verdict() != wire::RunOutcome::FAILED &&
      outcome.verdict() != wire::RunOutcome::SNOOZED)
    return;
  if (auto saved = control.saved_progress())
    outcome.set_saved_progress(std::move(*saved));
}

wire::RunOutcome outcome_of_abandoned(const run_key& key, stop_cause cause) {
  return stopped_outcome(key, cause, "timed out, and did not stop when asked to");
}

run_result failure_of(const caf::actor_system& system, const caf::error& error) {
  if (!error)
    return run_result::failed("error", "an error without a code");
  auto text = system.render(error);
  if (error == caf::sec::runtime_error || error == caf::exit_reason::unhandled_exception)
    return run_result::failed("exception", std::move(text));
  if (error == caf::sec::unexpected_response)
    return run_result::failed("unexpected_answer", std::move(text));
  return run_result::failed(caf::to_string(error.category()), std::move(text));
}

} // namespace belfry
