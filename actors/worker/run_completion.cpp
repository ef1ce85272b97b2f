#include "worker/run_completion.hpp"

#include "belfry/coverage_probe.hpp"

#include "worker/task_outcome.hpp"

#include <caf/send.hpp>

#include <chrono>

namespace belfry {

namespace {

coverage_probe run_broke_off{"a run gives itself back because its worker stops"};

} // namespace

void ended_run_queue::add(ended_run&& ended) {
  {
    const std::lock_guard lock{mutex_};
    ended_.push_back(std::move(ended));
    if (ended_.size() > 1)
      return;
  }
  caf::anon_send(worker_, runs_ended_atom::value);
}

void ended_run_queue::take(std::vector<ended_run>& taken) {
  taken.clear();
  const std::lock_guard lock{mutex_};
  taken.swap(ended_);
}

std::optional<std::int64_t> run_completion::began_ms() const {
  const auto at = control_.began_at();
  return at ? std::optional{std::chrono::duration_cast<duration>(*at).count()} : std::nullopt;
}

void run_completion::request_stop(stop_cause cause) {
  cause_ = cause;
  control_.cancel();
}

/// A run that breaks off although nothing stops it would be granted at once and break off again, in
/// a loop without a pause.
void run_completion::complete(run_result&& result, bool saw_stop_request) {
  if (is_completed_)
    return;
  if (result.end == run_result::verdict::interrupted && cause_ == stop_cause::none) {
    if (control_.is_stopping())
      run_broke_off.hit();
    else
      result = run_result::snoozed_for(duration{0});
  }
  complete_with(outcome_of(key_, std::move(result), cause_, saw_stop_request));
}

bool run_completion::complete_abandoned() {
  return complete_with(outcome_of_abandoned(key_, cause_));
}

void run_completion::complete_not_started() {
  complete_with(outcome_of(key_, wire::RunOutcome::NOT_STARTED));
}

bool run_completion::complete_with(wire::RunOutcome&& outcome) {
  if (is_completed_.exchange(true))
    return false;
  add_saved_progress(outcome, control_);
  queue_->add({slot_, std::move(outcome)});
  return true;
}

} // namespace belfry
