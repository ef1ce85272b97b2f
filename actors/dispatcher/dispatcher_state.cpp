#include "dispatcher/dispatcher_state.hpp"

#include "belfry/explanation.hpp"
#include "text/printable.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace belfry {

dispatcher_state::dispatcher_state(caf::event_based_actor* self, dispatcher_options options)
    : self_(self), options_(options), shards_(options.shards) {}

void dispatcher_state::on_actor_down(const caf::actor_addr& address) {
  for (std::uint16_t index = 0; index < shards_.size(); ++index) {
    if (shards_[index].actor && shards_[index].actor.address() == address)
      remove_shard(index);
  }
  for (const auto session : registry_.disconnect(address)) {
    spdlog::info("dispatcher.disconnected session={}", session.value);
    registry_.find(session)->attach_generation = next_attach_generation();
    latest_departed_ = {registry_.find(session)->info.name(), self_->clock().now()};
    for (std::uint16_t index = 0; index < shards_.size(); ++index)
      if (matcher_.is_admitted(session, shard_id{index}))
        self_->send(shards_[index].actor, worker_disconnected{session});
    matcher_.remove(session);
  }
}

// --- answers to clients ---

void dispatcher_state::on_complete_answer(complete_answer& request) {
  if (!request.client)
    return;
  auto& answer = request.answer;
  if (answer.has_status()) {
    auto& status = *answer.mutable_status();
    registry_.describe(status, self_->clock().now());
    const auto is_serving = [](const shard_entry& shard) { return shard.is_serving; };
    status.set_shards_serving(
        static_cast<std::uint32_t>(std::count_if(shards_.begin(), shards_.end(), is_serving)));
  }
  if (answer.has_explanation())
    explain(request, *answer.mutable_explanation());
  self_->send(request.client, response_atom::value, envelope{wire::seal(answer), 0});
}

void dispatcher_state::explain(const complete_answer& request, wire::Explanation& explanation) {
  if (explanation.reason() == to_string(explanation_reason::reserved))
    return name_worker(explanation);
  if (explanation.reason() == to_string(explanation_reason::queue_paused))
    return add_obstacle(request, explanation);
  if (!explanation.reason().empty() &&
      explanation.reason() != to_string(explanation_reason::waiting_for_worker))
    return; // The shard has given the reason.
  const auto reason = matcher_.explain(request.queue, request.kind);
  explanation.set_reason(std::string{to_string(reason)});
  explanation.set_text(explanation_of(reason, request.queue, request.kind));
}

/// Adds what would still keep the task once the queue is resumed.
void dispatcher_state::add_obstacle(const complete_answer& request,
                                    wire::Explanation& explanation) {
  const auto reason = matcher_.explain(request.queue, request.kind);
  if (const auto obstacle = obstacle_of(reason, request.queue, request.kind); !obstacle.empty())
    explanation.set_text(explanation.text() + "; besides, " + obstacle);
}

void dispatcher_state::name_worker(wire::Explanation& explanation) {
  if (const auto* entry = registry_.find(session_id{explanation.task().session()}))
    explanation.set_text(explanation.text() + " (worker '" + entry->info.name() + "')");
}

dispatch_collected dispatcher_state::on_explain_lanes(const explain_lanes& request) const {
  dispatch_collected answer{request.number, {}};
  for (const auto& [queue, kind] : request.lanes)
    answer.metrics.reasons.push_back(matcher_.explain(queue, kind));
  if (latest_departed_)
    answer.metrics.latest_departed = {
        latest_departed_->name,
        std::chrono::floor<duration>(self_->clock().now() - latest_departed_->at)};
  return answer;
}

// --- timers ---

void dispatcher_state::on_wake() {
  is_wake_scheduled_ = false;
  for (auto& [session, entry] : registry_.entries()) {
    if (std::exchange(entry.is_reattach_due, false))
      request_reattach(entry.worker);
  }
  for (auto& assigned : matcher_.assign())
    self_->send(shards_[assigned.shard.value].actor,
                grant_tasks{assigned.session, std::move(assigned.queue), std::move(assigned.kind),
                            assigned.count});
  for (const auto& shard : std::exchange(awaiting_flush_, {}))
    self_->send(shard, flush_atom::value);
  announce_demand();
}

void dispatcher_state::on_sweep() {
  is_sweep_scheduled_ = false;
  for (const auto& [session, entry] :
       registry_.remove_expired(self_->clock().now(), options_.runs.lease)) {
    matcher_.remove(session);
    spdlog::info("dispatcher.session_expired name={} session={}", log_value(entry.info.name()),
                 session.value);
    if (entry.worker && !registry_.is_connected(entry.worker))
      self_->demonitor(entry.worker);
  }
  for (auto& shard : shards_) {
    if (std::exchange(shard.are_lanes_stale, false))
      self_->send(shard.actor, request_lanes{});
  }
  matcher_.forget_unused_names();
  if (!registry_.entries().empty())
    schedule_sweep();
}

caf::actor dispatcher_state::sender() const {
  return caf::actor_cast<caf::actor>(self_->current_sender());
}

/// The wake-up comes after what is in the mailbox by now, so that all of it is matched at once.
void dispatcher_state::schedule_wake() {
  if (!std::exchange(is_wake_scheduled_, true))
    self_->send(self_, wake_atom::value);
}

void dispatcher_state::schedule_sweep() {
  if (!std::exchange(is_sweep_scheduled_, true))
    self_->delayed_send(self_, options_.runs.lease / 2, sweep_atom::value);
}

} // namespace belfry
