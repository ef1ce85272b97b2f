#include "worker/worker_state.hpp"

#include "belfry/handler.hpp"
#include "belfry/situation.hpp"

#include "os/handlers/executor.hpp"
#include "worker/task_outcome.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace belfry {

namespace {

situation grant_came_after_loss{"a grant comes from a node that its worker has given up"};
situation grant_came_late{"a grant comes after its shard has another owner"};
situation run_waited_too_long{"a run waits in its worker beyond its last instant to start"};

constexpr duration flush_pause{1};

run_key key_of(const wire::RunRef& from) {
  return {{from.task()}, {from.token()}};
}

run_key key_of(const wire::RunOutcome& from) {
  return {{from.task()}, {from.token()}};
}

links_options links_of(const worker_options& options) {
  links_options links;
  links.places = options.places;
  links.gateway = options.gateway;
  links.transport = options.transport;
  links.cluster = options.cluster;
  links.connect_limit = duration{5'000};
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
      reports_(session_), ended_(std::make_shared<ended_runs>(caf::actor{self})) {}

worker_state::~worker_state() {
  for (auto& one : slots_) {
    if (one.end)
      one.end->control().cancel();
  }
}

/// It may come from a node that was given up since because it was silent: the node may not know,
/// and takes what it has sent for arrived. Then the run goes back.
void worker_state::grant() {
  doubt_leases();
  const auto* from = links_.of_sender();
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
  const auto term = terms_.find(key.task.shard().value);
  const bool is_late = term != terms_.end() && key.token.epoch() < term->second;
  if (is_late)
    grant_came_late.reached();
  if (link == no_link)
    grant_came_after_loss.reached();
  if (is_leaving_ || is_late || !may_begin(held))
    return finish_unstarted(key, wire::RunOutcome::NOT_STARTED);
  if (!knows(run.kind()))
    return finish_unstarted(key, wire::RunOutcome::UNKNOWN_KIND);
  held.run.Swap(&run);
  if (held.run.has_start_within_ms())
    held.start_by = now() + duration{held.run.start_within_ms()};
  waiting_.push_back(key);
}

/// Whether the lease of the node that granted it is certain to hold.
bool worker_state::may_begin(const held_run& held) const {
  const auto stay = stays_.find(held.link);
  return stay != stays_.end() && !stay->second.lease.is_in_doubt();
}

void worker_state::start_waiting() {
  doubt_leases();
  burst together{now(), {}};
  if (waiting_.size() > 1 && options_.run_with)
    together.gathered = options_.run_with->gather();
  while (!waiting_.empty()) {
    const auto key = waiting_.front();
    auto& held = held_.at(key);
    if (held.start_by && together.now > *held.start_by) {
      run_waited_too_long.reached();
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
    one.task =
        spawn_task(self_->system(), {caf::actor{self_}, options_.run_with, &options_.actor_kinds,
                                     is_beside_network(options_), options_.grace});
    self_->monitor(one.task);
  }
  return at;
}

void worker_state::start(const run_key& key, held_run& held, std::size_t at, const burst& of) {
  auto& one = slots_[at];
  one.busy_with = key;
  one.end = std::make_shared<run_end>(at, key, ended_);
  one.since = of.now;
  held.at = stage::running;
  held.slot = at;
  if (held.run.timeout_ms() > 0)
    set_deadline(key, held, duration{held.run.timeout_ms()});
  self_->send(one.task,
              run_order{std::move(held.run), one.end,
                        time_point{stays_[held.link].lease.since()} + lease_, of.gathered});
}

void worker_state::some_ended() {
  take_ended();
  start_waiting();
}

void worker_state::take_ended() {
  const auto at = now();
  for (auto& one : ended_->take())
    ended(one, at);
}

void worker_state::ended(run_ended& one, time_point now) {
  auto& at = slots_[one.slot];
  const auto key = key_of(one.outcome);
  if (at.busy_with != key)
    return;
  pace_.note(now - at.since);
  finish(key, held_.at(key), std::move(one.outcome));
}

void worker_state::finish(const run_key& key, held_run& held, wire::RunOutcome&& outcome) {
  if (held.at == stage::running) {
    clear_deadline(key, held);
    auto& one = slots_[held.slot];
    one.busy_with.reset();
    one.end.reset();
    one.told.clear();
    idle_.push_back(held.slot);
  }
  held.at = stage::ended;
  held.run.Clear();
  reports_.add(std::move(outcome));
  request_flush();
}

void worker_state::finish_unstarted(const run_key& key, wire::RunOutcome::Verdict verdict) {
  finish(key, held_.at(key), outcome_of(key, verdict));
}

void worker_state::revoke() {
  for (const auto& ref : in.revoke.runs()) {
    const auto key = key_of(ref);
    const auto found = held_.find(key);
    if (found == held_.end() || found->second.at == stage::ended)
      continue;
    if (found->second.at == stage::waiting) {
      waiting_.erase(std::find(waiting_.begin(), waiting_.end(), key));
      finish_unstarted(key, in.revoke.only_waiting() ? wire::RunOutcome::NOT_STARTED
                                                     : wire::RunOutcome::CANCELLED);
    } else if (!in.revoke.only_waiting()) {
      ask_to_end(key, found->second, stop_cause::revoked);
    }
  }
}

void worker_state::ask_to_end(const run_key& key, held_run& held, stop_cause cause) {
  if (held.stopping != stop_cause::none)
    return;
  held.stopping = cause;
  self_->send(slots_[held.slot].task, stop_run{key, cause});
  set_deadline(key, held, options_.grace);
}

void worker_state::interrupt_running() {
  for (auto& [key, held] : held_) {
    if (held.at == stage::running)
      ask_to_end(key, held, stop_cause::interrupted);
  }
}

void worker_state::give_back_waiting() {
  give_back_waiting([](const run_key&, const held_run&) { return true; });
}

void worker_state::give_back_waiting(
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

void worker_state::deadlines_rang(std::int64_t set_for) {
  if (!alarm_ || alarm_->time_since_epoch().count() != set_for)
    return;
  alarm_.reset();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now()) {
    const auto key = deadlines_.begin()->second;
    auto& held = held_.at(key);
    clear_deadline(key, held);
    if (held.stopping == stop_cause::none)
      ask_to_end(key, held, stop_cause::timed_out);
    else
      self_->send(slots_[held.slot].task, abandon_run{key});
  }
  set_alarm();
}

void worker_state::somebody_died(const caf::actor_addr& who) {
  if (links_.somebody_died(who))
    return;
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    if (slots_[at].task && slots_[at].task.address() == who)
      return task_died(at);
  }
}

void worker_state::task_died(std::size_t at) {
  take_ended(); // It may have told how its run ended before.
  auto& one = slots_[at];
  one.task = nullptr;
  if (!one.busy_with)
    return start_waiting();
  const auto key = *one.busy_with;
  spdlog::warn("worker.task_died task={} token={}", key.task.value, key.token.value);
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
  if (is_flush_on_its_way_ || (is_flush_delayed_ && !is_hurried))
    return;
  const auto pause = flushed_at_ + flush_pause - now();
  if (is_hurried || pause <= time_point::duration{0}) {
    is_flush_on_its_way_ = true;
    self_->send(self_, flush_runs_atom::value);
  } else {
    is_flush_delayed_ = true;
    self_->delayed_send(self_, pause, flush_late_atom::value);
  }
}

} // namespace belfry
