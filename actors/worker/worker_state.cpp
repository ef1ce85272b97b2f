#include "worker/worker_state.hpp"

#include "belfry/coverage_probe.hpp"
#include "belfry/handler.hpp"

#include "os/handlers/executor.hpp"
#include "worker/task_outcome.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace belfry {

namespace {

coverage_probe grant_from_lost_node{"a grant comes from a node whose link its worker has closed"};
coverage_probe stale_grant{"a grant comes after its shard has another owner"};
coverage_probe run_waited_too_long{"a run waits in its worker beyond its start-by deadline"};
coverage_probe grant_arrived_late{
    "a grant waits for its stopped worker beyond a start-by deadline"};

template <class Message>
run_key key_of(const Message& run) {
  return {{run.task()}, {run.token()}};
}

links_options links_of(const worker_options& options) {
  links_options links;
  links.addresses = options.addresses;
  links.router = options.router;
  links.transport = options.transport;
  links.cluster = options.cluster;
  links.connect_timeout = duration{5'000};
  return links;
}

std::set<std::string> all_kinds(const worker_options& options) {
  std::set<std::string> kinds(options.kinds.begin(), options.kinds.end());
  for (const auto& [kind, behavior] : options.actor_kinds)
    kinds.insert(kind);
  return kinds;
}

} // namespace

worker_state::worker_state(caf::event_based_actor* self, const worker_options& options)
    : self_(self), options_(options), random_(options.seed), session_{random_.next()},
      kinds_(all_kinds(options)), links_(self, links_of(options), random_, listener()),
      outcomes_(session_), ended_(std::make_shared<ended_run_queue>(caf::actor{self})),
      slot_limit_(options_.slots) {}

worker_state::~worker_state() {
  for (auto& busy : slots_) {
    if (busy.completion)
      busy.completion->control().cancel();
  }
}

/// A grant may come from a node whose link was closed because the node did not answer. The node may
/// not know that, and counts the grant as received: so the runs go back.
void worker_state::on_grant(wire::Grant& grant) {
  check_leases();
  const auto* link = links_.sender_link();
  const auto granted_at = time_of(grant, link);
  for (auto& run : *grant.mutable_runs())
    accept(run, link ? link->key : no_link, granted_at);
  start_waiting();
}

/// When the node sent the grant, or earlier: the grant may have waited in this process while it was
/// stopped. The node has told how long before it had heard a message of this worker, which cannot
/// have been before that was sent; nothing: this worker no longer knows when it sent that message.
/// A node of an earlier version does not tell.
std::optional<worker_state::time_point> worker_state::time_of(const wire::Grant& grant,
                                                              const node_link* link) const {
  if (grant.heard_number() == 0 || !link)
    return now();
  const auto session = node_sessions_.find(link->key);
  if (session == node_sessions_.end())
    return now();
  const auto sent_at = session->second.lease.sent_at(grant.heard_number());
  if (!sent_at)
    return std::nullopt;
  return std::min(now(), time_point{*sent_at} + duration{grant.heard_ms_ago()});
}

/// A run that a previous owner of the shard granted must not start: the present owner has already
/// counted it as lost.
void worker_state::accept(wire::Run& run, std::uint64_t link,
                          std::optional<time_point> granted_at) {
  const run_key key{{run.task()}, {run.token()}};
  const auto [position, is_new] = held_.try_emplace(key);
  if (!is_new)
    return;
  credit_.granted(link);
  slot_credit_.granted(link);
  auto& held = position->second;
  held.link = link;
  auto& remembered = remembered_[key.task.shard()];
  remembered.token = std::max(remembered.token, key.token);
  remembered.serial = std::max(remembered.serial, key.task.serial());
  const bool is_late = key.token.epoch() < remembered.epoch;
  if (is_late)
    stale_grant.hit();
  if (link == no_link)
    grant_from_lost_node.hit();
  if (is_draining_ || is_late || !has_valid_lease(held) || !has_room())
    return finish_unstarted(key, wire::RunOutcome::NOT_STARTED);
  if (!runs_kind(run.kind()))
    return finish_unstarted(key, wire::RunOutcome::UNKNOWN_KIND);
  if (run.has_start_within_ms()) {
    if (granted_at)
      held.start_limit = *granted_at + duration{run.start_within_ms()};
    if (!held.start_limit || *held.start_limit < now()) {
      grant_arrived_late.hit();
      refresh_time_reference(links_.find(link));
      return finish_unstarted(key, wire::RunOutcome::NOT_STARTED);
    }
  }
  held.run.Swap(&run);
  waiting_.push_back(key);
}

void worker_state::start_waiting() {
  check_leases();
  start_batch batch{.started_at = now(), .executor_batch = nullptr};
  if (waiting_.size() > 1 && options_.run_executor)
    batch.executor_batch = options_.run_executor->hold_batch();
  while (!waiting_.empty()) {
    const auto key = waiting_.front();
    auto& held = held_.at(key);
    if (held.start_limit && batch.started_at > *held.start_limit) {
      run_waited_too_long.hit();
      waiting_.pop_front();
      finish_unstarted(key, wire::RunOutcome::NOT_STARTED);
      continue;
    }
    const auto slot_index = free_slot();
    if (!slot_index)
      return;
    waiting_.pop_front();
    start(key, held, *slot_index, batch);
  }
}

std::optional<std::size_t> worker_state::free_slot() {
  if (running() >= slot_limit_.usable())
    return std::nullopt;
  if (idle_.empty()) {
    idle_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const auto slot_index = idle_.back();
  idle_.pop_back();
  auto& free = slots_[slot_index];
  if (!free.task) {
    free.task = spawn_task_actor(self_->system(), {.worker = caf::actor{self_},
                                                   .run_executor = options_.run_executor,
                                                   .actor_kinds = &options_.actor_kinds,
                                                   .runs_on_io_thread = runs_on_io_thread(options_),
                                                   .grace = options_.grace});
    self_->monitor(free.task);
  }
  return slot_index;
}

void worker_state::start(const run_key& key, held_run& held, std::size_t slot_index,
                         const start_batch& batch) {
  auto& busy = slots_[slot_index];
  busy.running_key = key;
  busy.completion = std::make_shared<run_completion>(slot_index, key, ended_);
  busy.started_at = batch.started_at;
  if (held.start_limit)
    busy.completion->control().set_start_limit(held.start_limit->time_since_epoch());
  busy.is_begin_told = false;
  held.stage = run_stage::running;
  held.slot = slot_index;
  if (held.run.timeout_ms() > 0) {
    set_deadline(key, held, duration{held.run.timeout_ms()});
    busy.completion->control().set_deadline(held.deadline->time_since_epoch());
  }
  const time_point lease_start{node_sessions_[held.link].lease.lease_start()};
  self_->send(busy.task, start_run{.run = std::move(held.run),
                                   .completion = busy.completion,
                                   .start_deadline = lease_start + lease_,
                                   .executor_batch = batch.executor_batch});
}

void worker_state::on_runs_ended() {
  drain_ended_runs();
  start_waiting();
}

void worker_state::drain_ended_runs() {
  const auto taken_at = now();
  ended_->take(taken_);
  for (auto& ended : taken_)
    on_run_ended(ended, taken_at);
}

void worker_state::on_run_ended(ended_run& ended, time_point now) {
  const auto& busy = slots_[ended.slot];
  const auto key = key_of(ended.outcome);
  if (busy.running_key != key)
    return;
  auto& held = held_.at(key);
  if (ended.outcome.verdict() == wire::RunOutcome::NOT_STARTED) {
    finish(key, held, wire::RunOutcome{ended.outcome});
    if (!ended.outcome.error().empty())
      on_shortage(ended.outcome);
    return;
  }
  prefetch_.record_duration(now - busy.started_at);
  set_times(ended.outcome, busy, now);
  finish(key, held, std::move(ended.outcome));
}

void worker_state::finish(const run_key& key, held_run& held, wire::RunOutcome&& outcome) {
  if (held.stage == run_stage::running) {
    clear_deadline(key, held);
    auto& freed = slots_[held.slot];
    freed.running_key.reset();
    freed.completion.reset();
    freed.sent_progress.clear();
    idle_.push_back(held.slot);
  }
  held.stage = run_stage::ended;
  held.run.Clear();
  outcomes_.add(std::move(outcome));
  request_flush();
}

void worker_state::finish_unstarted(const run_key& key, wire::RunOutcome::Verdict verdict) {
  finish(key, held_.at(key), outcome_of(key, verdict));
}

void worker_state::on_actor_down(const caf::actor_addr& address) {
  if (links_.on_actor_down(address))
    return;
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    if (slots_[index].task && slots_[index].task.address() == address)
      return task_actor_died(index);
  }
}

void worker_state::task_actor_died(std::size_t slot_index) {
  drain_ended_runs(); // The task actor may have reported the outcome before it died.
  auto& affected = slots_[slot_index];
  affected.task = nullptr;
  if (!affected.running_key)
    return start_waiting();
  const auto key = *affected.running_key;
  spdlog::warn("worker.task_actor_died task={} token={}", to_string(key.task), key.token.value);
  affected.completion->control().cancel();
  auto outcome = outcome_of(key, wire::RunOutcome::FAILED);
  outcome.set_error("task_actor_died");
  outcome.set_message("the actor that ran the task died");
  set_times(outcome, affected, now());
  add_saved_progress(outcome, affected.completion->control());
  finish(key, held_.at(key), std::move(outcome));
  start_waiting();
}

} // namespace belfry
