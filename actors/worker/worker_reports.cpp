#include "worker/worker_state.hpp"

// The part of worker_state that reports outcomes.
namespace belfry {

namespace {

constexpr duration flush_pause{1};

} // namespace

void worker_state::on_report_ack(const wire::ReportAck& answer) {
  const shard_id shard{static_cast<std::uint16_t>(answer.shard())};
  for (const auto& key : outcomes_.confirm(shard, answer.sequence()))
    held_.erase(key);
  send_reports(outcomes_.next(now_ms()));
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
  send_reports(outcomes_.next(now_ms()));
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

std::int64_t worker_state::now_ms() const {
  return std::chrono::duration_cast<duration>(now().time_since_epoch()).count();
}

} // namespace belfry
