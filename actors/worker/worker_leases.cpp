#include "worker/worker_state.hpp"

#include "belfry/coverage_probe.hpp"
#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

// The part of worker_state that keeps leases, and acts when one may have expired.
namespace belfry {

namespace {

coverage_probe worker_was_fenced{"a worker is cut off for longer than its lease"};
coverage_probe worker_stalled{"a worker was stopped for longer than its lease"};

} // namespace

void worker_state::on_send_heartbeat(std::uint64_t attempt) {
  const node_link* link = nullptr;
  for (const auto& candidate : links_.links())
    if (candidate.is_open && candidate.attempt == attempt)
      link = &candidate;
  if (!link || !node_sessions_[link->key].is_joined)
    return;
  check_leases();
  return_prefetched();
  send_heartbeat(*link);
  // A shard that moved or restarted may never have received them.
  send_reports(outcomes_.resend(now_ms() - lease_.count() / 2, now_ms()));
  self_->delayed_send(self_, heartbeat_interval(lease_), send_heartbeat_atom::value, attempt);
}

void worker_state::send_heartbeat(const node_link& link) {
  auto heartbeat = make_heartbeat(link);
  heartbeat.set_number(node_sessions_[link.key].lease.heartbeat_sent(now().time_since_epoch()));
  links_.send(link, heartbeat_atom::value, heartbeat);
}

/// A run came too late by the time of the latest message that its node has heard. That message may
/// have been long on its way: then the node would grant the run again and again until it hears the
/// next one.
void worker_state::refresh_time_reference(const node_link* link) {
  if (!link || !link->is_open)
    return;
  const auto session = node_sessions_.find(link->key);
  if (session != node_sessions_.end() && session->second.is_joined &&
      !session->second.lease.is_answer_pending())
    send_heartbeat(*link);
}

void worker_state::on_heartbeat_ack(const wire::HeartbeatAck& answer) {
  if (const auto* link = links_.sender_link())
    node_sessions_[link->key].lease.heartbeat_acked(answer.number());
}

/// Contains what the node's shards have not been told of their runs: which have begun, and changed
/// progress.
wire::Heartbeat worker_state::make_heartbeat(const node_link& link) {
  wire::Heartbeat heartbeat;
  heartbeat.set_session(session_.value);
  heartbeat.set_clock_ms(now_ms());
  heartbeat.set_running(static_cast<std::uint32_t>(running()));
  heartbeat.set_reserved(static_cast<std::uint32_t>(waiting_.size()));
  for (auto& busy : slots_)
    if (busy.running_key && links_.link_to(busy.running_key->task.shard().value) == &link)
      add_changes(busy, heartbeat);
  return heartbeat;
}

void worker_state::add_changes(slot& busy, wire::Heartbeat& heartbeat) {
  const auto began_ms = busy.completion->began_ms();
  if (began_ms && !std::exchange(busy.is_begin_told, true)) {
    auto* begun = heartbeat.add_begun();
    begun->set_task(busy.running_key->task.value);
    begun->set_token(busy.running_key->token.value);
    begun->set_began_ms(*began_ms);
  }
  auto text = busy.completion->control().progress();
  if (text == busy.sent_progress)
    return;
  busy.sent_progress = std::move(text);
  auto* progress = heartbeat.add_progress();
  progress->set_task(busy.running_key->task.value);
  progress->set_token(busy.running_key->token.value);
  progress->set_text(busy.sent_progress);
}

/// Runs that were prefetched while runs were short, and now wait behind long ones, go back: other
/// workers may have free slots.
void worker_state::return_prefetched() {
  if (prefetch_.has_stalled(idle_.size() < slots_.size()) && !options_.prefetch)
    return_waiting_runs([](const run_key&, const held_run&) { return true; });
}

bool worker_state::is_reachable(shard_id shard) {
  const auto* link = links_.link_to(shard.value);
  return link && node_sessions_[link->key].is_joined;
}

/// Nodes come and go, and each gets a link of its own.
void worker_state::forget_removed_links() {
  std::erase_if(node_sessions_, [this](const auto& known) {
    return !links_.find(known.first) &&
           std::none_of(held_.begin(), held_.end(),
                        [&](const auto& run) { return run.second.link == known.first; });
  });
}

/// A shard whose node has been unreachable for a lease has given its runs to other workers.
void worker_state::update_reachability() {
  forget_removed_links();
  auto before = std::exchange(unreachable_since_, {});
  for (const auto& [key, held] : held_) {
    const auto shard = key.task.shard();
    if (held.stage == run_stage::ended || unreachable_since_.contains(shard) || is_reachable(shard))
      continue;
    const auto known = before.find(shard);
    unreachable_since_.emplace(shard, known == before.end() ? now() : known->second);
  }
  if (!unreachable_since_.empty())
    self_->delayed_send(self_, lease_, fence_atom::value);
}

void worker_state::on_fence() {
  std::set<shard_id> lost;
  for (const auto& [shard, since] : unreachable_since_)
    if (since + lease_ <= now())
      lost.insert(shard);
  if (lost.empty())
    return;
  worker_was_fenced.hit();
  spdlog::warn("worker.fenced name={} session={} shards={}", log_value(options_.name),
               session_.value, lost.size());
  for (auto& [key, held] : held_)
    if (held.stage == run_stage::running && lost.contains(key.task.shard()))
      request_stop(key, held, stop_cause::interrupted);
  return_waiting_runs(
      [&](const run_key& key, const held_run&) { return lost.contains(key.task.shard()); });
}

/// A process that was stopped and goes on reads its oldest messages first, before its timers and
/// before the node's message that its runs were given to other workers.
void worker_state::check_leases() {
  for (auto& [link, session] : node_sessions_) {
    if (!session.lease.detect_expiry(now().time_since_epoch(), lease_))
      continue;
    return_waiting_runs([granted_by = link](const run_key&, const held_run& held) {
      return held.link == granted_by;
    });
    const auto* known = links_.find(link);
    if (!known || !known->is_open)
      continue;
    worker_stalled.hit();
    spdlog::warn("worker.stalled name={} session={}", log_value(options_.name), session_.value);
    attach(*known);
  }
}

/// Whether the lease of the node that granted it is certain to hold.
bool worker_state::has_valid_lease(const held_run& held) const {
  const auto session = node_sessions_.find(held.link);
  return session != node_sessions_.end() && !session->second.lease.may_have_expired();
}

} // namespace belfry
