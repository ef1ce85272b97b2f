#include "dispatcher/dispatcher_state.hpp"

#include "belfry/coverage_probe.hpp"
#include "wire/codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>

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

worker_registration registration_of(const wire::Attach& attach) {
  return {session_id{attach.session()},
          {attach.kinds().begin(), attach.kinds().end()},
          {attach.queues().begin(), attach.queues().end()},
          attach.slots(),
          attach.credit()};
}

} // namespace

dispatcher_state::dispatcher_state(caf::event_based_actor* self, dispatcher_options options)
    : self_(self), options_(options), shards_(options.shards) {}

// --- shards ---

void dispatcher_state::on_child_started(const child_started& one) {
  auto* known = one.name == "shard" ? shard_at(one.index) : nullptr;
  if (!known || !one.child || known->actor == one.child)
    return;
  register_shard(one.index, one.child);
  self_->send(one.child, request_lanes{});
}

dispatcher_state::shard_entry* dispatcher_state::shard_at(std::uint16_t index) {
  return index < shards_.size() ? &shards_[index] : nullptr;
}

void dispatcher_state::register_shard(std::uint16_t index, const caf::actor& shard) {
  remove_shard(index);
  shards_[index].actor = shard;
  self_->monitor(shard);
}

/// The shard is gone. What was asked of it comes back as credit; workers stay unknown to its
/// successor until they attach anew. What it had granted and had not written yet never left: each
/// worker must say anew how much may be granted to it, for the successor may be on another node.
void dispatcher_state::remove_shard(std::uint16_t index) {
  auto& known = shards_[index];
  if (!known.actor)
    return;
  if (known.is_serving)
    request_reattach_all();
  self_->demonitor(known.actor);
  known = {};
  matcher_.forget(shard_id{index});
  schedule_wake();
}

void dispatcher_state::request_reattach_all() {
  for (auto& [session, one] : registry_.entries())
    one.is_welcome_due |= one.worker != nullptr;
}

void dispatcher_state::update_lanes(const lane_update& told) {
  if (told.wants_flush && told.from) {
    awaiting_flush_.push_back(told.from);
    schedule_wake();
  }
  auto* known = shard_at(told.shard.value);
  if (!known || !told.from)
    return;
  if (known->actor != told.from) {
    if (!told.is_complete)
      return;
    register_shard(told.shard.value, told.from); // It was quicker than the supervisor's word of it.
  }
  if (told.is_complete) {
    known->epoch = told.epoch;
    if (!known->is_serving)
      begin_serving(told.shard.value);
  }
  if (!known->is_serving)
    return; // All its lanes are on their way.
  matcher_.update(told.shard, told.lanes, told.is_complete);
  schedule_wake();
}

/// The shard knows no worker yet: each must say which runs it holds.
void dispatcher_state::begin_serving(std::uint16_t index) {
  shards_[index].is_serving = true;
  shards_[index].since = next_attach_generation();
  request_reattach_all();
}

/// Greater than any before, also than those of a dispatcher before this one.
std::uint64_t dispatcher_state::next_attach_generation() {
  const auto ticks = self_->clock().now().time_since_epoch().count();
  return attach_generation_ = std::max(attach_generation_ + 1, static_cast<std::uint64_t>(ticks));
}

void dispatcher_state::on_tasks_granted(const tasks_granted& told) {
  auto* known = shard_at(told.shard.value);
  if (!known || !known->actor || known->actor != sender())
    return;
  const auto& asked = told.asked;
  known->are_lanes_stale |= told.granted < asked.count;
  if (told.is_unknown_session)
    request_reattach(asked.session, told.shard);
  if (matcher_.answer({told.shard, asked.session, asked.queue, asked.kind, asked.count},
                      told.granted))
    schedule_wake();
}

/// The worker's lease had ended there, and then it was heard of again: it must say anew what it
/// holds.
void dispatcher_state::request_reattach(session_id session, shard_id to) {
  matcher_.expel(session, to);
  if (auto* known = registry_.find(session); known && known->worker)
    known->is_welcome_due = true;
  schedule_wake();
}

// --- workers ---

void dispatcher_state::attach(const envelope& message) {
  const auto worker = sender();
  wire::Attach attach;
  if (!worker || !wire::open(message.bytes, attach))
    return;
  if (const auto fault = attach_error(attach); !fault.empty())
    return refuse(worker, fault);
  if (is_stale(attach))
    return welcome(worker);
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

/// Whether the worker sent this on a connection that has been lost since. It does not know of the
/// runs that were granted to it meanwhile: they would be taken for lost on the way.
bool dispatcher_state::is_stale(const wire::Attach& attach) {
  const auto* known = registry_.find(session_id{attach.session()});
  if (!known || attach.attach_generation() == 0 || attach.attach_generation() >= known->since)
    return false;
  stale_attach.hit();
  return true;
}

/// Makes the worker known to the matcher and to every shard that does not know it yet. Unless the
/// worker has sent this before the shard began to serve: then a run that the shard's forerunner has
/// granted may still be on its way to it, and the next Attach will tell. The forerunner may have
/// been on another node, from which it comes at any time: the worker must have heard of the new
/// term. Shards that know it renew its lease, which it counts on when it is answered.
void dispatcher_state::register_worker(const wire::Attach& attach, const caf::actor& worker) {
  const session_id session{attach.session()};
  const auto* known = registry_.find(session);
  const auto former = known ? known->worker : nullptr;
  const auto is_new_connection = former != worker;
  if (is_new_connection && !registry_.is_connected(worker))
    self_->monitor(worker);
  auto& entry = registry_.attach(worker, attach, self_->clock().now());
  entry.is_multi_node = attach.is_multi_node();
  entry.is_demand_announced = false;
  if (is_new_connection)
    entry.since =
        attach.attach_generation() != 0 ? attach.attach_generation() : next_attach_generation();
  if (former && is_new_connection && !registry_.is_connected(former))
    self_->demonitor(former);
  matcher_.attach(registration_of(attach), is_new_connection);
  for (std::uint16_t index = 0; index < shards_.size(); ++index) {
    if (!shards_[index].is_serving)
      continue;
    if (matcher_.is_admitted(session, shard_id{index})) {
      self_->send(shards_[index].actor, worker_heartbeat{session, {}});
      continue;
    }
    const bool is_early = attach.attach_generation() < shards_[index].since;
    if (is_early && (!attach.is_first() || !cluster_metadata_.is_empty())) {
      registry_.find(session)->is_welcome_due = true;
      continue;
    }
    self_->send(shards_[index].actor, worker_attached{session, worker, runs_of(attach, index)});
    matcher_.admit(session, shard_id{index});
  }
  if (is_new_connection)
    spdlog::info("dispatcher.attached name={} session={} slots={}", attach.name(), session.value,
                 attach.slots());
}

void dispatcher_state::refuse(const caf::actor& worker, const std::string& why) {
  spdlog::warn("dispatcher.refused reason=\"{}\"", why);
  wire::Attached attached;
  wire::write(failure{errc::invalid_argument, why}, *attached.mutable_failure());
  self_->send(worker, attached_atom::value, envelope{wire::seal(attached), 0});
}

void dispatcher_state::beat(const envelope& message) {
  const auto worker = sender();
  wire::Heartbeat beat;
  if (!worker || !wire::open(message.bytes, beat) || beat.session() == 0)
    return;
  const session_id session{beat.session()};
  auto* known = registry_.find(session);
  if (!known || !known->worker)
    return welcome(worker); // It must say anew what it runs and holds.
  if (known->worker != worker)
    return; // Another connection has taken its place.
  known->heard = self_->clock().now();
  known->info.set_running(beat.running());
  bool is_heard_by_all = beat.number() != 0;
  for (std::uint16_t index = 0; index < shards_.size(); ++index) {
    const bool is_admitted = matcher_.is_admitted(session, shard_id{index});
    is_heard_by_all &= is_admitted || !shards_[index].is_serving;
    if (!is_admitted)
      continue;
    worker_heartbeat heard{session, {}};
    for (const auto& one : beat.progress()) {
      if (const task_id task{one.task()}; task.shard().value == index)
        heard.notes.push_back({task, fencing_token{one.token()}, one.text()});
    }
    self_->send(shards_[index].actor, std::move(heard));
  }
  if (!is_heard_by_all)
    return;
  wire::HeartbeatAck answer;
  answer.set_number(beat.number());
  self_->send(worker, heartbeat_ack_atom::value, envelope{wire::seal(answer), 0});
}

void dispatcher_state::change_credit(const envelope& message) {
  const auto worker = sender();
  wire::Credit credit;
  if (!worker || !wire::open(message.bytes, credit))
    return;
  const session_id session{credit.session()};
  auto* known = registry_.find(session);
  if (!known || known->worker != worker)
    return;
  known->heard = self_->clock().now();
  if (credit.recall() > 0) {
    wire::CreditReturned answer;
    answer.set_count(matcher_.recall_credit(session, credit.recall()));
    self_->send(worker, credit_returned_atom::value, envelope{wire::seal(answer), 0});
    schedule_wake(); // It may be hungry now.
  }
  if (matcher_.add_credit(session, credit.count()))
    schedule_wake();
}

/// A worker of several nodes has room where tasks wait, if it knows where they do.
void dispatcher_state::announce_demand() {
  for (auto& [session, one] : registry_.entries()) {
    if (!one.worker || !one.is_multi_node)
      continue;
    const bool has_demand = matcher_.has_demand(session);
    const bool is_fed = matcher_.free_credit(session) > 0;
    if (one.is_demand_announced ? !is_fed : !has_demand)
      continue; // As before. Who used the last credit up and has no more to run stays as it is.
    one.is_demand_announced = has_demand;
    wire::Demand word;
    word.set_has_demand(has_demand);
    self_->send(one.worker, demand_atom::value, envelope{wire::seal(word), 0});
  }
}

void dispatcher_state::welcome(const caf::actor& worker) {
  wire::Welcome welcome;
  welcome.set_shard_count(options_.shards);
  welcome.set_attach_generation(next_attach_generation());
  if (!cluster_metadata_.is_empty())
    *welcome.mutable_cluster() = cluster_metadata_.map();
  for (std::uint16_t index = 0; index < shards_.size(); ++index) {
    if (!shards_[index].is_serving)
      continue;
    auto& term = *welcome.add_shard_epochs();
    term.set_shard(index);
    term.set_epoch(shards_[index].epoch);
  }
  self_->send(worker, welcome_atom::value, envelope{wire::seal(welcome), 0});
}

void dispatcher_state::on_actor_down(const caf::actor_addr& who) {
  for (std::uint16_t index = 0; index < shards_.size(); ++index) {
    if (shards_[index].actor && shards_[index].actor.address() == who)
      remove_shard(index);
  }
  for (const auto session : registry_.disconnect(who)) {
    spdlog::info("dispatcher.disconnected session={}", session.value);
    registry_.find(session)->since = next_attach_generation();
    for (std::uint16_t index = 0; index < shards_.size(); ++index)
      if (matcher_.is_admitted(session, shard_id{index}))
        self_->send(shards_[index].actor, worker_disconnected{session});
    matcher_.remove(session);
  }
}

// --- answers ---

void dispatcher_state::finish(complete_answer& question) {
  if (!question.client)
    return;
  auto& answer = question.answer;
  if (answer.has_status()) {
    auto& status = *answer.mutable_status();
    registry_.describe(status, self_->clock().now());
    status.set_shards_serving(static_cast<std::uint32_t>(std::count_if(
        shards_.begin(), shards_.end(), [](const auto& one) { return one.is_serving; })));
  }
  if (answer.has_explanation())
    explain(question, *answer.mutable_explanation());
  self_->send(question.client, response_atom::value, envelope{wire::seal(answer), 0});
}

void dispatcher_state::explain(const complete_answer& question, wire::Explanation& explanation) {
  if (!explanation.reason().empty() && explanation.reason() != "waiting_for_worker")
    return; // The shard knows better.
  const auto reason = matcher_.explain(question.queue, question.kind);
  explanation.set_reason(std::string{to_string(reason)});
  explanation.set_text(explanation_of(reason, question.queue, question.kind));
}

// --- itself ---

void dispatcher_state::wake() {
  is_wake_scheduled_ = false;
  for (auto& [session, one] : registry_.entries()) {
    if (std::exchange(one.is_welcome_due, false))
      welcome(one.worker);
  }
  for (auto& one : matcher_.assign())
    self_->send(shards_[one.shard.value].actor,
                grant_tasks{one.session, std::move(one.queue), std::move(one.kind), one.count});
  for (const auto& shard : std::exchange(awaiting_flush_, {}))
    self_->send(shard, flush_atom::value);
  announce_demand();
}

void dispatcher_state::sweep() {
  is_sweep_scheduled_ = false;
  for (const auto& [session, one] :
       registry_.remove_expired(self_->clock().now(), options_.runs.lease)) {
    matcher_.remove(session);
    spdlog::info("dispatcher.session_expired name={} session={}", one.info.name(), session.value);
    if (one.worker && !registry_.is_connected(one.worker))
      self_->demonitor(one.worker);
  }
  for (auto& shard : shards_) {
    if (std::exchange(shard.are_lanes_stale, false))
      self_->send(shard.actor, request_lanes{});
  }
  if (!registry_.entries().empty())
    schedule_sweep();
}

caf::actor dispatcher_state::sender() const {
  return caf::actor_cast<caf::actor>(self_->current_sender());
}

/// The wake-up goes behind what is in the mailbox by now, so that it is matched in one go.
void dispatcher_state::schedule_wake() {
  if (!std::exchange(is_wake_scheduled_, true))
    self_->send(self_, wake_atom::value);
}

void dispatcher_state::schedule_sweep() {
  if (!std::exchange(is_sweep_scheduled_, true))
    self_->delayed_send(self_, options_.runs.lease / 2, sweep_atom::value);
}

} // namespace belfry
