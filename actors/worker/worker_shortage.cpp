#include "worker/worker_state.hpp"

#include "text/printable.hpp"

#include <spdlog/spdlog.h>

// The part of worker_state that uses fewer slots while the machine lacks resources.
namespace belfry {

namespace {

std::uint32_t count_of(std::size_t runs) {
  return static_cast<std::uint32_t>(runs);
}

} // namespace

/// The run itself has gone back, at no attempt's cost. The waiting ones go back too, since another
/// worker may have room; and the nodes return the credit for runs that this worker cannot take.
void worker_state::on_shortage(const wire::RunOutcome& outcome) {
  ++short_runs_;
  if (slot_limit_.reduce(now().time_since_epoch(), count_of(running())))
    spdlog::warn("worker.short_of_resources name={} session={} resource={} running={} "
                 "slots={} reason={}",
                 log_value(options_.name), session_.value, log_value(outcome.error()), running(),
                 options_.slots, log_value(outcome.message()));
  return_waiting_runs([](const run_key&, const held_run&) { return true; });
  for (const auto& share : credit_.recall_beyond(credit_limit()))
    send_credit(share, true);
  schedule_trial();
}

/// Whether a run that is granted now can wait for a slot. While slots are reduced, it could only
/// wait for one that may not come soon.
bool worker_state::has_room() const {
  return !slot_limit_.is_reduced() || waiting_.size() + running() < slot_limit_.usable();
}

void worker_state::schedule_trial() {
  if (!slot_limit_.is_reduced() || std::exchange(is_trial_scheduled_, true))
    return;
  self_->delayed_send(self_, time_point{*slot_limit_.next_trial()} - now(),
                      try_more_slots_atom::value);
}

void worker_state::on_try_more_slots() {
  is_trial_scheduled_ = false;
  const auto present = now().time_since_epoch();
  // The trial may have been put off since.
  if (slot_limit_.next_trial() <= present && slot_limit_.grow(present))
    spdlog::info("worker.resources_sufficient name={} session={} slots={} runs_returned={}",
                 log_value(options_.name), session_.value, options_.slots,
                 std::exchange(short_runs_, 0));
  schedule_trial();
  start_waiting();
  allocate_credit();
}

} // namespace belfry
