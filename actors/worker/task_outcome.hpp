#pragma once

#include "belfry/handler.hpp"

#include "wire/messages.pb.h"
#include "worker/run_completion.hpp"

#include <caf/error.hpp>

namespace belfry {

/// An outcome that says nothing but its verdict.
[[nodiscard]] wire::RunOutcome outcome_of(const run_key& key, wire::RunOutcome::Verdict verdict);

/// The outcome of a run that ended with `how` after it was asked to end for `cause`, if it was.
///
/// A run that was not asked to end says itself how it ended. So does one that was asked and did not
/// know of it, if it has succeeded, or was `interrupted`: its failure has another reason, and costs
/// an attempt. Any other ends as it was asked to: `timed_out` is a failure named `timeout`,
/// `revoked` is cancelled, `interrupted` is snoozed, for no time unless it says.
[[nodiscard]] wire::RunOutcome outcome_of(const run_key& key, run_result&& how, stop_cause cause,
                                          bool saw_stop_request);

/// The outcome of a run that did not end although it was asked to.
[[nodiscard]] wire::RunOutcome outcome_of_abandoned(const run_key& key, stop_cause cause);

/// What an error of a task's own actor means: `exception` for a throw, `unexpected_answer`, or else
/// the error's category.
[[nodiscard]] run_result failure_of(const caf::actor_system& system, const caf::error& why);

} // namespace belfry
