#include "worker/worker_state.hpp"

#include <algorithm>
#include <chrono>

// The part of worker_state that reports outcomes.
namespace belfry {

namespace {

constexpr duration flush_pause{1};

/// A run that ends sooner is not named as begun in a report: its outcome says when it began.
constexpr duration short_run{50};

} // namespace

void worker_state::on_report_ack(const wire::ReportAck& answer) {
  const shard_id shard{static_cast<std::uint16_t>(answer.shard())};
  for (const auto& key : outcomes_.confirm(shard, answer.sequence()))
    held_.erase(key);
  send_next_reports();
  quit_if_done();
}

/// Flushes at once if few runs are in progress. While more are waiting to run, outcomes within
/// `flush_pause` are sent together: a message costs the node far more than one more run in it.
void worker_state::request_flush() {
  const auto is_urgent = waiting_.empty() && running() <= options_.slots / 2;
  if (is_flush_scheduled_ || (is_flush_delayed_ && !is_urgent))
    return;
  const auto pause = flushed_at_ + flush_pause - now();
  if (is_urgent || pause <= time_point::duration{0}) {
    is_flush_scheduled_ = true;
    self_->send(self_, flush_runs_atom::value);
  } else {
    is_flush_delayed_ = true;
    self_->delayed_send(self_, pause, delayed_flush_atom::value);
  }
}

void worker_state::on_delayed_flush() {
  if (std::exchange(is_flush_delayed_, false) && !is_flush_scheduled_)
    flush();
}

void worker_state::flush() {
  is_flush_scheduled_ = false;
  flushed_at_ = now();
  send_next_reports();
  allocate_credit();
  quit_if_done();
}

/// A report whose shard has no reachable node is sent again when it has one.
void worker_state::send_reports(std::vector<envelope> reports) {
  for (auto& report : reports) {
    const auto* link = links_.link_to(report.shard);
    if (link && node_sessions_[link->key].is_joined)
      links_.send(*link, report_atom::value, std::move(report));
  }
}

void worker_state::send_next_reports() {
  const auto present = now();
  name_begun_runs(present);
  send_reports(outcomes_.next(clock_ms(present)));
}

/// Looks at all slots once in a while: for short runs that costs nothing, and long ones lose
/// little.
void worker_state::name_begun_runs(time_point now) {
  if (now < begins_named_at_ + short_run)
    return;
  begins_named_at_ = now;
  for (auto& busy : slots_) {
    if (!busy.running_key || busy.is_begin_told || now < busy.started_at + short_run)
      continue;
    if (const auto began_ms = busy.completion->began_ms())
      busy.is_begin_told = outcomes_.add_begun(*busy.running_key, *began_ms);
  }
}

void worker_state::set_times(wire::RunOutcome& outcome, const slot& busy,
                             time_point ended_at) const {
  const auto began_ms = busy.completion->began_ms();
  if (!began_ms || outcome.verdict() == wire::RunOutcome::UNKNOWN_KIND)
    return;
  outcome.set_began_ms(*began_ms);
  outcome.set_ran_ms(std::max(std::int64_t{0}, clock_ms(ended_at) - *began_ms));
}

std::int64_t worker_state::clock_ms(time_point at) {
  return std::chrono::duration_cast<duration>(at.time_since_epoch()).count();
}

} // namespace belfry
