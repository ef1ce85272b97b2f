#pragma once

#include "belfry/handler.hpp"

#include "wire/messages.pb.h"
#include "worker/run_completion.hpp"

#include <caf/error.hpp>

namespace belfry {

/// An outcome with a verdict and nothing else.
[[nodiscard]] wire::RunOutcome outcome_of(const run_key& key, wire::RunOutcome::Verdict verdict);

/// The outcome of a run that ended with `result`. `cause`: why it was asked to end, or `none`.
///
/// The result of a run that was not asked to end counts. So does that of a run that did not see the
/// request, if it succeeded or was `interrupted`: its failure has another reason, and costs an
/// attempt. A failure `progress_too_large` counts in place of an interruption. For any other run
/// the cause decides: `timed_out` is a failure named `timeout`,
/// `revoked` is cancelled, `interrupted` is snoozed, for no time unless the run chose a delay. A
/// run that has not started is returned as such, unless it was `revoked`.
[[nodiscard]] wire::RunOutcome outcome_of(const run_key& key, run_result&& result, stop_cause cause,
                                          bool saw_stop_request);

/// Adds what the run has saved for the next attempt, if there can be one.
void add_saved_progress(wire::RunOutcome& outcome, const run_control& control);

/// The outcome of a run that did not end although it was asked to.
[[nodiscard]] wire::RunOutcome outcome_of_abandoned(const run_key& key, stop_cause cause);

/// The failure of a user's actor that ended with `error`. It is named `exception` for a throw,
/// `unexpected_answer` for an answer of the wrong type, else by the error's category.
[[nodiscard]] run_result failure_of(const caf::actor_system& system, const caf::error& error);

} // namespace belfry
