#include "worker/worker_state.hpp"

#include "belfry/coverage_probe.hpp"
#include "belfry/handler.hpp"

#include "os/handlers/executor.hpp"
#include "wire/codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

// The half of worker_state that speaks with the node.
namespace belfry {

namespace {

coverage_probe worker_was_fenced{"a worker is cut off for longer than its lease"};
coverage_probe worker_stalled{"a worker was stopped for longer than its lease"};

// A node that is up answers within milliseconds; nobody waits for one that is gone.
constexpr duration answer_timeout{5'000};

} // namespace

// --- joining ---

cluster_links::listener worker_state::listener() {
  return {[this](const node_link& one) { attach(one); },
          [this](const node_link& one) { closed(one); },
          [this](const std::set<std::uint32_t>& shards) { moved(shards); }, [](const failure&) {},
          [](const failure&) {}};
}

void worker_state::welcome() {
  if (in.welcome.has_failure()) {
    spdlog::warn("worker.refused name={} reason={}", options_.name, in.welcome.failure().what());
    return links_.refused(wire::read(in.welcome.failure()));
  }
  const auto* from = links_.sender_link();
  if (!from)
    return;
  const auto key = from->key;
  node_sessions_[key].attach_generation = in.welcome.attach_generation();
  for (const auto& term : in.welcome.shard_epochs())
    shard_epochs_[term.shard()] = std::max(shard_epochs_[term.shard()], term.epoch());
  if (!from->is_open)
    return links_.welcome(in.welcome);
  // Also comes while attached: then the node wants to know again what this worker holds.
  if (in.welcome.has_cluster())
    links_.update_cluster(in.welcome.cluster());
  if (const auto* known = links_.find(key))
    attach(*known);
}

void worker_state::attach(const node_link& to) {
  auto& session = node_sessions_[to.key];
  wire::Attach attach;
  attach.set_session(session_.value);
  attach.set_name(options_.name);
  for (const auto& kind : kinds_)
    attach.add_kinds(kind);
  for (const auto& queue : options_.queues)
    attach.add_queues(queue);
  attach.set_slots(options_.slots);
  attach.set_credit(credit_.attach(to.key, room()));
  for (const auto& [key, held] : held_) {
    auto* ref = attach.add_running();
    ref->set_task(key.task.value);
    ref->set_token(key.token.value);
  }
  const auto number = session.lease.attach_sent(now().time_since_epoch());
  attach.set_number(number);
  attach.set_is_first(session.attach_attempt != to.attempt);
  attach.set_attach_generation(session.attach_generation);
  attach.set_is_multi_node(links_.is_clustered());
  session.attach_attempt = to.attempt;
  links_.send(to, attach_atom::value, attach);
  self_->delayed_send(self_, answer_timeout, attach_check_atom::value, to.key, number);
}

void worker_state::attach_all() {
  for (const auto& one : links_.links())
    if (one.is_open && node_sessions_[one.key].is_joined)
      attach(one);
}

void worker_state::check_attach(std::uint64_t link, std::uint64_t number) {
  const auto session = node_sessions_.find(link);
  auto* known = links_.find(link);
  if (known && session != node_sessions_.end() && session->second.lease.is_attach_pending(number))
    links_.disconnect(*known, "the node does not answer");
}

void worker_state::attached() {
  auto* from = links_.sender_link();
  if (!from || !from->is_open)
    return;
  if (in.attached.has_failure()) {
    spdlog::warn("worker.refused name={} reason={}", options_.name, in.attached.failure().what());
    return links_.disconnect(*from, in.attached.failure().what());
  }
  // The node begins anew to tell of its hunger: what it said before the Attach came is over.
  credit_.set_demand(from->key, false);
  auto& session = node_sessions_[from->key];
  if (!session.lease.attached(in.attached.number(), in.attached.answers_heartbeats()))
    return;
  lease_ = duration{std::max(in.attached.lease_ms(), 4U)};
  if (!std::exchange(session.is_joined, true)) {
    spdlog::info("worker.attached name={} session={} node={}", options_.name, session_.value,
                 from->address.host);
    self_->delayed_send(self_, lease_ / 4, send_heartbeat_atom::value, from->attempt);
  } else if (session.lease.is_attach_pending()) {
    return; // What follows is for the latest answer.
  }
  update_reachability();
  for (const auto& share : credit_.recall_excess(room()))
    send_credit(share, true);
  // A shard that began anew has not seen the reports under way.
  send_reports(outcomes_.resend(now_ms() + 1, now_ms()));
  flush();
  quit_if_done();
}

std::uint32_t worker_state::room() const {
  if (is_leaving_)
    return 0;
  const auto all = options_.slots + options_.prefetch.value_or(prefetch_.prefetch(options_.slots));
  const auto used = waiting_.size() + (slots_.size() - idle_.size());
  return used >= all ? 0 : all - static_cast<std::uint32_t>(used);
}

// --- leases ---

void worker_state::beat(std::uint64_t attempt) {
  const node_link* to = nullptr;
  for (const auto& one : links_.links())
    if (one.is_open && one.attempt == attempt)
      to = &one;
  if (!to || !node_sessions_[to->key].is_joined)
    return;
  check_leases();
  return_prefetched();
  auto beat = make_heartbeat(*to);
  beat.set_number(node_sessions_[to->key].lease.beat(now().time_since_epoch()));
  links_.send(*to, heartbeat_atom::value, beat);
  // A shard that moved or restarted may never have seen them.
  send_reports(outcomes_.resend(now_ms() - lease_.count() / 2, now_ms()));
  self_->delayed_send(self_, lease_ / 4, send_heartbeat_atom::value, attempt);
}

void worker_state::heard() {
  if (const auto* from = links_.sender_link())
    node_sessions_[from->key].lease.heard(in.heard.number());
}

/// With what the runs of its shards report and it has not heard yet.
wire::Heartbeat worker_state::make_heartbeat(const node_link& to) {
  wire::Heartbeat beat;
  beat.set_session(session_.value);
  std::uint32_t running = 0;
  for (auto& one : slots_) {
    if (!one.running_key)
      continue;
    ++running;
    auto text = one.end->control().progress();
    if (text == one.told || links_.link_to(one.running_key->task.shard().value) != &to)
      continue;
    one.told = std::move(text);
    auto* progress = beat.add_progress();
    progress->set_task(one.running_key->task.value);
    progress->set_token(one.running_key->token.value);
    progress->set_text(one.told);
  }
  beat.set_running(running);
  return beat;
}

/// What was fetched for short runs and now waits behind long ones goes back: others may be free.
void worker_state::return_prefetched() {
  if (prefetch_.has_stalled(idle_.size() < slots_.size()) && !options_.prefetch)
    return_waiting_runs();
}

void worker_state::closed(const node_link& one) {
  auto& session = node_sessions_[one.key];
  if (std::exchange(session.is_joined, false))
    spdlog::warn("worker.node_disconnected name={} session={} node={}", options_.name,
                 session_.value, one.address.host);
  session.lease.connection_lost();
  credit_.remove(one.key);
  update_reachability();
  allocate_credit();
  quit_if_done();
}

/// Their new nodes ask what is held of them; what they were told before may not have arrived.
void worker_state::moved(const std::set<std::uint32_t>&) {
  update_reachability();
  send_reports(outcomes_.resend(now_ms() + 1, now_ms()));
}

bool worker_state::is_reachable(shard_id shard) {
  const auto* node = links_.link_to(shard.value);
  return node && node_sessions_[node->key].is_joined;
}

/// A shard whose node has been out of reach for a lease has given its runs to others.
void worker_state::update_reachability() {
  auto before = std::exchange(unreachable_since_, {});
  for (const auto& [key, held] : held_) {
    const auto shard = key.task.shard();
    if (held.at == run_stage::ended || unreachable_since_.contains(shard) || is_reachable(shard))
      continue;
    const auto known = before.find(shard);
    unreachable_since_.emplace(shard, known == before.end() ? now() : known->second);
  }
  if (!unreachable_since_.empty())
    self_->delayed_send(self_, lease_, fence_atom::value);
}

void worker_state::fence() {
  std::set<shard_id> lost;
  for (const auto& [shard, since] : unreachable_since_)
    if (since + lease_ <= now())
      lost.insert(shard);
  if (lost.empty())
    return;
  worker_was_fenced.hit();
  spdlog::warn("worker.fenced name={} session={} shards={}", options_.name, session_.value,
               lost.size());
  for (auto& [key, held] : held_)
    if (held.at == run_stage::running && lost.contains(key.task.shard()))
      request_stop(key, held, stop_cause::interrupted);
  return_waiting_runs(
      [&](const run_key& key, const held_run&) { return lost.contains(key.task.shard()); });
}

/// A process that was stopped and goes on hears first what was sent to it long ago, before its
/// timers and before the node's word that its runs are another's now.
void worker_state::check_leases() {
  for (auto& [link, session] : node_sessions_) {
    if (!session.lease.detect_expiry(now().time_since_epoch(), lease_))
      continue;
    return_waiting_runs(
        [of = link](const run_key&, const held_run& held) { return held.link == of; });
    const auto* known = links_.find(link);
    if (!known || !known->is_open)
      continue;
    worker_stalled.hit();
    spdlog::warn("worker.stalled name={} session={}", options_.name, session_.value);
    attach(*known);
  }
}

// --- outcomes and credit ---

void worker_state::confirmed() {
  const shard_id shard{static_cast<std::uint16_t>(in.confirmed.shard())};
  for (const auto& key : outcomes_.confirm(shard, in.confirmed.sequence()))
    held_.erase(key);
  send_reports(outcomes_.next(now_ms()));
  quit_if_done();
}

void worker_state::flush_delayed() {
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

void worker_state::hungry() {
  if (const auto* from = links_.sender_link()) {
    credit_.set_demand(from->key, in.hungry.has_demand());
    allocate_credit();
  }
}

void worker_state::returned() {
  if (const auto* from = links_.sender_link()) {
    credit_.returned(from->key, in.returned.count());
    allocate_credit();
  }
}

void worker_state::allocate_credit() {
  for (const auto& share : credit_.allocate(room()))
    send_credit(share, false);
  for (const auto& share : credit_.recall(room()))
    send_credit(share, true);
}

void worker_state::send_credit(const credit_allocator::share& share, bool is_recall) {
  const auto* to = links_.find(share.node);
  if (!to || !to->is_open)
    return;
  wire::Credit credit;
  credit.set_session(session_.value);
  if (is_recall)
    credit.set_recall(share.count);
  else
    credit.set_count(share.count);
  links_.send(*to, credit_atom::value, credit);
}

/// One that finds its shard's node out of reach is sent again when it is there.
void worker_state::send_reports(std::vector<envelope> reports) {
  for (auto& report : reports) {
    const auto* to = links_.link_to(report.shard);
    if (to && node_sessions_[to->key].is_joined)
      links_.send(*to, report_atom::value, std::move(report));
  }
}

// --- leaving ---

void worker_state::stop() {
  if (std::exchange(is_leaving_, true))
    return;
  spdlog::info("worker.draining name={} session={}", options_.name, session_.value);
  return_waiting_runs();
  // With no room: what was granted and has not come yet is taken back, and nothing more is granted.
  attach_all();
  self_->delayed_send(self_, options_.patience, interrupt_now_atom::value);
  quit_if_done();
}

void worker_state::interrupt_now() {
  interrupt_running();
  force_quit_after(options_.grace + answer_timeout);
}

void worker_state::quit_if_done() {
  if (!is_leaving_)
    return;
  const bool is_attaching =
      std::any_of(node_sessions_.begin(), node_sessions_.end(),
                  [](const auto& one) { return one.second.lease.is_attach_pending(); });
  if (held_.empty() && !is_attaching)
    self_->quit();
  else if (idle_.size() == slots_.size())
    force_quit_after(answer_timeout);
}

void worker_state::force_quit_after(duration patience) {
  if (!std::exchange(is_force_quit_scheduled_, true))
    self_->delayed_send(self_, patience, force_quit_atom::value);
}

std::int64_t worker_state::now_ms() const {
  return std::chrono::duration_cast<duration>(now().time_since_epoch()).count();
}

} // namespace belfry
