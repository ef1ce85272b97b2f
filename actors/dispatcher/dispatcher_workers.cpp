#include "dispatcher/dispatcher_state.hpp"

#include "belfry/coverage_probe.hpp"
#include "text/printable.hpp"
#include "wire/begun_runs.hpp"
#include "wire/codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

// The part of dispatcher_state that deals with workers.
namespace belfry {

namespace {

coverage_probe stale_attach{"an Attach comes from a connection that was lost before"};

std::vector<granted_run> runs_of(const wire::Attach& attach, std::uint16_t shard) {
  std::vector<granted_run> held;
  for (const auto& run : attach.running()) {
    const task_id task{run.task()};
    if (task.shard().value == shard)
      held.push_back({session_id{attach.session()}, task, fencing_token{run.token()}});
  }
  return held;
}

/// Workers of earlier versions name only the runs that they hold.
shard_memory memory_of(const wire::Attach& attach, std::uint16_t shard,
                       const std::vector<granted_run>& held) {
  shard_memory remembered;
  for (const auto& memory : attach.remembered())
    if (memory.shard() == shard)
      remembered = {.epoch = memory.epoch(), .token = {memory.token()}, .serial = memory.serial()};
  for (const auto& run : held) {
    remembered.token = std::max(remembered.token, run.token);
    remembered.serial = std::max(remembered.serial, run.task.serial());
  }
  return remembered;
}

std::vector<begun_run> begun_of(const wire::Attach& attach, std::uint16_t shard) {
  return wire::begun_runs_of(attach.running(), attach.clock_ms(), shard_id{shard});
}

worker_registration registration_of(const wire::Attach& attach) {
  return {.session = session_id{attach.session()},
          .kinds = {attach.kinds().begin(), attach.kinds().end()},
          .queues = {attach.queues().begin(), attach.queues().end()},
          .slots = attach.slots(),
          .credit = attach.credit(),
          .slot_credit =
              attach.has_slot_credit() ? std::optional{attach.slot_credit()} : std::nullopt};
}

std::vector<worker_heartbeat::run_progress> progress_of(const wire::Heartbeat& heartbeat,
                                                        std::uint16_t shard) {
  std::vector<worker_heartbeat::run_progress> progress;
  for (const auto& run : heartbeat.progress()) {
    if (const task_id task{run.task()}; task.shard().value == shard)
      progress.push_back({task, fencing_token{run.token()}, run.text()});
  }
  return progress;
}

} // namespace

void dispatcher_state::on_attach(const envelope& message) {
  const auto worker = sender();
  wire::Attach attach;
  if (!worker || !wire::open(message.bytes, attach))
    return;
  if (const auto error = attach_error(attach); !error.empty())
    return refuse(worker, error);
  if (is_stale(attach))
    return request_reattach(worker);
  register_worker(attach, worker);
  wire::Attached attached;
  attached.set_number(attach.number());
  attached.set_answers_heartbeats(true);
  attached.set_lease_ms(static_cast<std::uint32_t>(std::clamp<std::int64_t>(
      options_.runs.lease.count(), 1, std::numeric_limits<std::uint32_t>::max())));
  self_->send(worker, attached_atom::value, envelope{wire::seal(attached), 0});
  schedule_wake();
  schedule_sweep();
}

/// Whether the worker sent the Attach on a connection that has been lost since. It does not list
/// the runs that were granted to the worker meanwhile: they would be taken for lost.
bool dispatcher_state::is_stale(const wire::Attach& attach) {
  const auto* entry = registry_.find(session_id{attach.session()});
  if (!entry || attach.attach_generation() == 0 ||
      attach.attach_generation() >= entry->attach_generation)
    return false;
  stale_attach.hit();
  return true;
}

/// Makes the worker known to the matcher and to every shard that does not know it yet. Shards that
/// know it renew its lease, which the worker relies on once it is answered.
void dispatcher_state::register_worker(const wire::Attach& attach, const caf::actor& worker) {
  register_connection(attach, worker);
  for (std::uint16_t index = 0; index < shards_.size(); ++index) {
    if (shards_[index].is_serving)
      announce_worker(attach, worker, index);
  }
}

void dispatcher_state::register_connection(const wire::Attach& attach, const caf::actor& worker) {
  const auto* known = registry_.find(session_id{attach.session()});
  const auto previous = known ? known->worker : nullptr;
  const auto is_new_connection = previous != worker;
  if (is_new_connection && !registry_.is_connected(worker))
    self_->monitor(worker);
  auto& entry = registry_.attach(worker, attach, self_->clock().now());
  entry.is_multi_node = attach.is_multi_node();
  entry.is_demand_announced = false;
  if (is_new_connection)
    entry.attach_generation =
        attach.attach_generation() != 0 ? attach.attach_generation() : next_attach_generation();
  if (previous && is_new_connection && !registry_.is_connected(previous))
    self_->demonitor(previous);
  matcher_.attach(registration_of(attach), is_new_connection);
  if (is_new_connection)
    spdlog::info("dispatcher.attached name={} session={} slots={}", log_value(attach.name()),
                 attach.session(), attach.slots());
}

/// A shard does not learn of the worker if the Attach was sent before the shard began to serve: a
/// run that the shard's previous incarnation granted may still be on its way to the worker, and
/// only the next Attach lists it. In a cluster that incarnation may have been on another node, from
/// which the run arrives at any time: there the worker must have heard of the new epoch first.
void dispatcher_state::announce_worker(const wire::Attach& attach, const caf::actor& worker,
                                       std::uint16_t index) {
  const session_id session{attach.session()};
  if (matcher_.is_admitted(session, shard_id{index})) {
    self_->send(shards_[index].actor,
                worker_heartbeat{session, {}, begun_of(attach, index), attach.number()});
    return;
  }
  const bool is_early = attach.attach_generation() < shards_[index].attach_generation;
  if (is_early && (!attach.is_first() || !cluster_map_.is_empty())) {
    registry_.find(session)->is_reattach_due = true;
    return;
  }
  auto held = runs_of(attach, index);
  const auto remembered = memory_of(attach, index, held);
  self_->send(shards_[index].actor, worker_attached{.session = session,
                                                    .worker = worker,
                                                    .held = std::move(held),
                                                    .begun = begun_of(attach, index),
                                                    .number = attach.number(),
                                                    .remembered = remembered,
                                                    .tells_begin = attach.has_clock_ms(),
                                                    .worker_name = attach.name()});
  matcher_.admit(session, shard_id{index});
}

void dispatcher_state::refuse(const caf::actor& worker, const std::string& reason) {
  spdlog::warn("dispatcher.refused reason={}", log_value(reason));
  wire::Attached attached;
  wire::write(failure{errc::invalid_argument, reason}, *attached.mutable_failure());
  self_->send(worker, attached_atom::value, envelope{wire::seal(attached), 0});
}

void dispatcher_state::on_heartbeat(const envelope& message) {
  const auto worker = sender();
  wire::Heartbeat heartbeat;
  if (!worker || !wire::open(message.bytes, heartbeat) || heartbeat.session() == 0)
    return;
  auto* entry = registry_.find(session_id{heartbeat.session()});
  if (!entry || !entry->worker)
    return request_reattach(worker);
  if (entry->worker != worker)
    return; // The session has another connection by now.
  entry->last_seen = self_->clock().now();
  entry->info.set_running(heartbeat.running());
  entry->info.set_reserved(heartbeat.reserved());
  if (!forward_heartbeat(heartbeat) || heartbeat.number() == 0)
    return;
  wire::HeartbeatAck answer;
  answer.set_number(heartbeat.number());
  self_->send(worker, heartbeat_ack_atom::value, envelope{wire::seal(answer), 0});
}

/// Returns whether every shard that serves knows the session and was sent the heartbeat.
bool dispatcher_state::forward_heartbeat(const wire::Heartbeat& heartbeat) {
  const session_id session{heartbeat.session()};
  bool reached_all = true;
  for (std::uint16_t index = 0; index < shards_.size(); ++index) {
    const bool is_admitted = matcher_.is_admitted(session, shard_id{index});
    reached_all &= is_admitted || !shards_[index].is_serving;
    if (is_admitted)
      self_->send(shards_[index].actor,
                  worker_heartbeat{
                      session, progress_of(heartbeat, index),
                      wire::begun_runs_of(heartbeat.begun(), heartbeat.clock_ms(), shard_id{index}),
                      heartbeat.number()});
  }
  return reached_all;
}

void dispatcher_state::on_credit(const envelope& message) {
  const auto worker = sender();
  wire::Credit credit;
  if (!worker || !wire::open(message.bytes, credit))
    return;
  const session_id session{credit.session()};
  auto* entry = registry_.find(session);
  if (!entry || entry->worker != worker)
    return;
  entry->last_seen = self_->clock().now();
  if (credit.recall() > 0) {
    wire::CreditReturned answer;
    answer.set_count(matcher_.recall_credit(session, credit.recall()));
    self_->send(worker, credit_returned_atom::value, envelope{wire::seal(answer), 0});
    schedule_wake(); // Without credit the node may have demand now.
  }
  const auto slot_credit =
      credit.has_slot_credit() ? std::optional{credit.slot_credit()} : std::nullopt;
  if (matcher_.add_credit(session, credit.count(), slot_credit))
    schedule_wake();
}

/// A worker of several nodes gives its credit to the nodes that have demand: tasks wait that the
/// worker could run, and the node has no credit of the worker left.
void dispatcher_state::announce_demand() {
  for (auto& [session, entry] : registry_.entries()) {
    if (!entry.worker || !entry.is_multi_node)
      continue;
    const bool has_demand = matcher_.has_demand(session);
    const bool has_credit = matcher_.free_credit(session) > 0;
    // Announced demand ends only with new credit, not when the tasks are gone.
    if (entry.is_demand_announced ? !has_credit : !has_demand)
      continue;
    entry.is_demand_announced = has_demand;
    wire::Demand demand;
    demand.set_has_demand(has_demand);
    self_->send(entry.worker, demand_atom::value, envelope{wire::seal(demand), 0});
  }
}

/// A worker answers a Welcome by an Attach that lists the runs which it holds.
void dispatcher_state::request_reattach(const caf::actor& worker) {
  wire::Welcome welcome;
  welcome.set_shard_count(options_.shards);
  welcome.set_attach_generation(next_attach_generation());
  if (!cluster_map_.is_empty())
    *welcome.mutable_cluster() = cluster_map_.map();
  for (std::uint16_t index = 0; index < shards_.size(); ++index) {
    if (!shards_[index].is_serving)
      continue;
    auto& shard_epoch = *welcome.add_shard_epochs();
    shard_epoch.set_shard(index);
    shard_epoch.set_epoch(shards_[index].epoch);
  }
  self_->send(worker, welcome_atom::value, envelope{wire::seal(welcome), 0});
}

} // namespace belfry
