#include "dispatcher/dispatcher_state.hpp"

#include <algorithm>

// The part of dispatcher_state that deals with shards.
namespace belfry {

void dispatcher_state::on_child_started(const child_started& started) {
  auto* shard = started.name == "shard" ? shard_at(started.index) : nullptr;
  if (!shard || !started.child || shard->actor == started.child)
    return;
  register_shard(started.index, started.child);
  self_->send(started.child, request_lanes{});
}

dispatcher_state::shard_entry* dispatcher_state::shard_at(std::uint16_t index) {
  return index < shards_.size() ? &shards_[index] : nullptr;
}

void dispatcher_state::register_shard(std::uint16_t index, const caf::actor& actor) {
  remove_shard(index);
  shards_[index].actor = actor;
  self_->monitor(actor);
}

/// What was requested of the dead shard becomes credit again; workers stay unknown to its successor
/// until they attach again. Grants that the shard had not made durable were never sent, and the
/// successor may be on another node: so each worker must state its credit again.
void dispatcher_state::remove_shard(std::uint16_t index) {
  auto& shard = shards_[index];
  if (!shard.actor)
    return;
  if (shard.is_serving)
    schedule_reattach_all();
  self_->demonitor(shard.actor);
  shard = {};
  matcher_.forget(shard_id{index});
  schedule_wake();
}

void dispatcher_state::schedule_reattach_all() {
  for (auto& [session, entry] : registry_.entries())
    entry.is_reattach_due |= entry.worker != nullptr;
}

void dispatcher_state::on_lane_update(const lane_update& update) {
  if (update.wants_flush && update.sender) {
    awaiting_flush_.push_back(update.sender);
    schedule_wake();
  }
  auto* shard = shard_at(update.shard.value);
  if (!shard || !update.sender)
    return;
  if (shard->actor != update.sender) {
    if (!update.is_complete)
      return;
    register_shard(update.shard.value, update.sender); // It overtook the `child_started`.
  }
  if (update.is_complete) {
    shard->epoch = update.epoch;
    if (!shard->is_serving)
      begin_serving(*shard);
  }
  if (!shard->is_serving)
    return; // The update that names all its lanes will follow.
  matcher_.update(update.shard, update.lanes, update.is_complete);
  schedule_wake();
}

/// The shard knows no worker yet: each must say which runs it holds.
void dispatcher_state::begin_serving(shard_entry& shard) {
  shard.is_serving = true;
  shard.attach_generation = next_attach_generation();
  schedule_reattach_all();
}

/// Greater than any before, also than those of previous incarnations of the dispatcher.
std::uint64_t dispatcher_state::next_attach_generation() {
  const auto ticks = self_->clock().now().time_since_epoch().count();
  return attach_generation_ = std::max(attach_generation_ + 1, static_cast<std::uint64_t>(ticks));
}

void dispatcher_state::on_tasks_granted(const tasks_granted& answer) {
  auto* shard = shard_at(answer.shard.value);
  if (!shard || !shard->actor || shard->actor != sender())
    return;
  const auto& request = answer.request;
  shard->are_lanes_stale |= answer.granted < request.count;
  if (answer.is_unknown_session)
    schedule_reattach(request.session, answer.shard);
  if (matcher_.record_granted(
          {answer.shard, request.session, request.queue, request.kind, request.count},
          answer.granted))
    schedule_wake();
}

/// The shard had ended the worker's lease, and the worker was heard of again: it must say which
/// runs it still holds.
void dispatcher_state::schedule_reattach(session_id session, shard_id shard) {
  matcher_.expel(session, shard);
  if (auto* entry = registry_.find(session); entry && entry->worker)
    entry->is_reattach_due = true;
  schedule_wake();
}

} // namespace belfry
