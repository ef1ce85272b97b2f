#include "worker/run_end.hpp"

#include "worker/task_outcome.hpp"

#include <caf/send.hpp>

namespace belfry {

void ended_runs::add(run_ended&& one) {
  {
    const std::lock_guard lock{mutex_};
    all_.push_back(std::move(one));
    if (all_.size() > 1)
      return;
  }
  caf::anon_send(worker_, some_atom::value);
}

std::vector<run_ended> ended_runs::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(all_, {});
}

void run_end::ask(stop_cause cause) {
  cause_ = cause;
  control_.cancel();
}

void run_end::tell(run_result&& how, bool knew_of_it) {
  if (!is_told_)
    tell_outcome(outcome_of(key_, std::move(how), cause_, knew_of_it));
}

bool run_end::tell_abandoned() {
  return tell_outcome(outcome_of_abandoned(key_, cause_));
}

void run_end::tell_unstarted() {
  tell_outcome(outcome_of(key_, wire::RunOutcome::NOT_STARTED));
}

bool run_end::tell_outcome(wire::RunOutcome&& outcome) {
  if (is_told_.exchange(true))
    return false;
  to_->add({slot_, std::move(outcome)});
  return true;
}

} // namespace belfry
