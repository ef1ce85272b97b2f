#include "worker/worker_state.hpp"

#include "belfry/coverage_probe.hpp"
#include "belfry/handler.hpp"

#include "os/handlers/executor.hpp"
#include "worker/task_outcome.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace belfry {

namespace {

coverage_probe grant_from_lost_node{"a grant comes from a node that its worker has given up"};
coverage_probe stale_grant{"a grant comes after its shard has another owner"};
coverage_probe run_waited_too_long{"a run waits in its worker beyond its last instant to start"};

constexpr duration flush_pause{1};

run_key key_of(const wire::RunRef& from) {
  return {{from.task()}, {from.token()}};
}

run_key key_of(const wire::RunOutcome& from) {
  return {{from.task()}, {from.token()}};
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
      outcomes_(session_), ended_(std::make_shared<ended_run_queue>(caf::actor{self})) {}

worker_state::~worker_state() {
  for (auto& one : slots_) {
    if (one.end)
      one.end->control().cancel();
  }
}

/// It may come from a node that was given up since because it was silent: the node may not know,
/// and takes what it has sent for arrived. Then the run goes back.
void worker_state::grant() {
  check_leases();
  const auto* from = links_.sender_link();
  for (auto& run : *in.grant.mutable_runs())
    accept(run, from ? from->key : no_link);
  start_waiting();
}

/// What a node granted that has lost the shard since, another has taken for lost already: it must
/// not begin.
void worker_state::accept(wire::Run& run, std::uint64_t link) {
  const run_key key{{run.task()}, {run.token()}};
  const auto [position, is_new] = held_.try_emplace(key);
  if (!is_new)
    return;
  credit_.granted(link);
  auto& held = position->second;
  held.link = link;
  const auto term = shard_epochs_.find(key.task.shard().value);
  const bool is_late = term != shard_epochs_.end() && key.token.epoch() < term->second;
  if (is_late)
    stale_grant.hit();
  if (link == no_link)
    grant_from_lost_node.hit();
  if (is_leaving_ || is_late || !has_valid_lease(held))
    return finish_unstarted(key, wire::RunOutcome::NOT_STARTED);
  if (!knows(run.kind()))
    return finish_unstarted(key, wire::RunOutcome::UNKNOWN_KIND);
  held.run.Swap(&run);
  if (held.run.has_start_within_ms())
    held.start_by = now() + duration{held.run.start_within_ms()};
  waiting_.push_back(key);
}

/// Whether the lease of the node that granted it is certain to hold.
bool worker_state::has_valid_lease(const held_run& held) const {
  const auto session = node_sessions_.find(held.link);
  return session != node_sessions_.end() && !session->second.lease.may_have_expired();
}

void worker_state::start_waiting() {
  check_leases();
  start_batch together{now(), {}};
  if (waiting_.size() > 1 && options_.run_executor)
    together.executor_batch = options_.run_executor->hold_batch();
  while (!waiting_.empty()) {
    const auto key = waiting_.front();
    auto& held = held_.at(key);
    if (held.start_by && together.now > *held.start_by) {
      run_waited_too_long.hit();
      waiting_.pop_front();
      finish_unstarted(key, wire::RunOutcome::NOT_STARTED);
      continue;
    }
    const auto at = free_slot();
    if (!at)
      return;
    waiting_.pop_front();
    start(key, held, *at, together);
  }
}

std::optional<std::size_t> worker_state::free_slot() {
  if (idle_.empty()) {
    if (slots_.size() >= options_.slots)
      return std::nullopt;
    idle_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const auto at = idle_.back();
  idle_.pop_back();
  auto& one = slots_[at];
  if (!one.task) {
    one.task = spawn_task(self_->system(),
                          {caf::actor{self_}, options_.run_executor, &options_.actor_kinds,
                           runs_on_io_thread(options_), options_.grace});
    self_->monitor(one.task);
  }
  return at;
}

void worker_state::start(const run_key& key, held_run& held, std::size_t at,
                         const start_batch& of) {
  auto& one = slots_[at];
  one.running_key = key;
  one.end = std::make_shared<run_completion>(at, key, ended_);
  one.since = of.now;
  held.at = run_stage::running;
  held.slot = at;
  if (held.run.timeout_ms() > 0)
    set_deadline(key, held, duration{held.run.timeout_ms()});
  self_->send(one.task, start_run{std::move(held.run), one.end,
                                  time_point{node_sessions_[held.link].lease.since()} + lease_,
                                  of.executor_batch});
}

void worker_state::on_runs_ended() {
  drain_ended_runs();
  start_waiting();
}

void worker_state::drain_ended_runs() {
  const auto at = now();
  for (auto& one : ended_->take())
    ended(one, at);
}

void worker_state::ended(ended_run& one, time_point now) {
  auto& at = slots_[one.slot];
  const auto key = key_of(one.outcome);
  if (at.running_key != key)
    return;
  prefetch_.note(now - at.since);
  finish(key, held_.at(key), std::move(one.outcome));
}

void worker_state::finish(const run_key& key, held_run& held, wire::RunOutcome&& outcome) {
  if (held.at == run_stage::running) {
    clear_deadline(key, held);
    auto& one = slots_[held.slot];
    one.running_key.reset();
    one.end.reset();
    one.told.clear();
    idle_.push_back(held.slot);
  }
  held.at = run_stage::ended;
  held.run.Clear();
  outcomes_.add(std::move(outcome));
  request_flush();
}

void worker_state::finish_unstarted(const run_key& key, wire::RunOutcome::Verdict verdict) {
  finish(key, held_.at(key), outcome_of(key, verdict));
}

void worker_state::revoke() {
  for (const auto& ref : in.revoke.runs()) {
    const auto key = key_of(ref);
    const auto found = held_.find(key);
    if (found == held_.end() || found->second.at == run_stage::ended)
      continue;
    if (found->second.at == run_stage::waiting) {
      waiting_.erase(std::find(waiting_.begin(), waiting_.end(), key));
      finish_unstarted(key, in.revoke.only_unstarted() ? wire::RunOutcome::NOT_STARTED
                                                       : wire::RunOutcome::CANCELLED);
    } else if (!in.revoke.only_unstarted()) {
      request_stop(key, found->second, stop_cause::revoked);
    }
  }
}

void worker_state::request_stop(const run_key& key, held_run& held, stop_cause cause) {
  if (held.requested_stop != stop_cause::none)
    return;
  held.requested_stop = cause;
  self_->send(slots_[held.slot].task, stop_run{key, cause});
  set_deadline(key, held, options_.grace);
}

void worker_state::interrupt_running() {
  for (auto& [key, held] : held_) {
    if (held.at == run_stage::running)
      request_stop(key, held, stop_cause::interrupted);
  }
}

void worker_state::return_waiting_runs() {
  return_waiting_runs([](const run_key&, const held_run&) { return true; });
}

void worker_state::return_waiting_runs(
    const std::function<bool(const run_key&, const held_run&)>& is_meant) {
  for (const auto& key : std::exchange(waiting_, {})) {
    if (is_meant(key, held_.at(key)))
      finish_unstarted(key, wire::RunOutcome::NOT_STARTED);
    else
      waiting_.push_back(key);
  }
}

void worker_state::set_deadline(const run_key& key, held_run& held, duration from_now) {
  clear_deadline(key, held);
  held.deadline = now() + from_now;
  deadlines_.emplace(*held.deadline, key);
  set_alarm();
}

void worker_state::clear_deadline(const run_key& key, held_run& held) {
  if (!held.deadline)
    return;
  deadlines_.erase({*held.deadline, key});
  held.deadline.reset();
}

void worker_state::set_alarm() {
  if (deadlines_.empty())
    return;
  const auto earliest = deadlines_.begin()->first;
  if (alarm_ && *alarm_ <= earliest)
    return;
  alarm_ = earliest;
  self_->delayed_send(self_, std::max(earliest - now(), time_point::duration{0}),
                      deadline_atom::value, std::int64_t{earliest.time_since_epoch().count()});
}

void worker_state::on_deadline(std::int64_t set_for) {
  if (!alarm_ || alarm_->time_since_epoch().count() != set_for)
    return;
  alarm_.reset();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now()) {
    const auto key = deadlines_.begin()->second;
    auto& held = held_.at(key);
    clear_deadline(key, held);
    if (held.requested_stop == stop_cause::none)
      request_stop(key, held, stop_cause::timed_out);
    else
      self_->send(slots_[held.slot].task, abandon_run{key});
  }
  set_alarm();
}

void worker_state::on_actor_down(const caf::actor_addr& who) {
  if (links_.on_actor_down(who))
    return;
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    if (slots_[at].task && slots_[at].task.address() == who)
      return task_actor_died(at);
  }
}

void worker_state::task_actor_died(std::size_t at) {
  drain_ended_runs(); // It may have told how its run ended before.
  auto& one = slots_[at];
  one.task = nullptr;
  if (!one.running_key)
    return start_waiting();
  const auto key = *one.running_key;
  spdlog::warn("worker.task_actor_died task={} token={}", key.task.value, key.token.value);
  one.end->control().cancel();
  auto outcome = outcome_of(key, wire::RunOutcome::FAILED);
  outcome.set_error("task_actor_died");
  outcome.set_message("the actor that ran the task died");
  finish(key, held_.at(key), std::move(outcome));
  start_waiting();
}

/// At once if little is going on. While there is more to run, what ends within a pause goes out
/// together: a message costs the node far more than one more run in it.
void worker_state::request_flush() {
  const auto running = slots_.size() - idle_.size();
  const auto is_hurried = waiting_.empty() && running <= options_.slots / 2;
  if (is_flush_scheduled_ || (is_flush_delayed_ && !is_hurried))
    return;
  const auto pause = flushed_at_ + flush_pause - now();
  if (is_hurried || pause <= time_point::duration{0}) {
    is_flush_scheduled_ = true;
    self_->send(self_, flush_runs_atom::value);
  } else {
    is_flush_delayed_ = true;
    self_->delayed_send(self_, pause, delayed_flush_atom::value);
  }
}

} // namespace belfry
