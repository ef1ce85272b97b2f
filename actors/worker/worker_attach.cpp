#include "worker/worker_state.hpp"

#include "text/printable.hpp"
#include "wire/codec.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

// The part of worker_state that opens and closes sessions with nodes.
namespace belfry {

namespace {

// A node that is up answers within milliseconds.
constexpr duration attach_timeout{5'000};

} // namespace

cluster_links::listener worker_state::listener() {
  return {[this](const node_link& link) { attach(link); },
          [this](const node_link& link) { on_link_closed(link); },
          [this](const std::set<std::uint32_t>&) { on_shards_moved(); }, [](const failure&) {},
          [](const failure&) {}};
}

void worker_state::on_welcome(const wire::Welcome& welcome) {
  if (welcome.has_failure()) {
    spdlog::warn("worker.refused name={} reason={}", log_value(options_.name),
                 log_value(welcome.failure().what()));
    return links_.refused(wire::read(welcome.failure()));
  }
  const auto* link = links_.sender_link();
  if (!link)
    return;
  const auto key = link->key;
  node_sessions_[key].attach_generation = welcome.attach_generation();
  for (const auto& update : welcome.shard_epochs()) {
    auto& epoch = remembered_[shard_id{static_cast<std::uint16_t>(update.shard())}].epoch;
    epoch = std::max(epoch, update.epoch());
  }
  if (!link->is_open)
    return links_.welcome(welcome);
  // The node also sends a Welcome to an attached worker, to learn again which runs it holds.
  if (welcome.has_cluster())
    links_.update_cluster(welcome.cluster());
  if (const auto* known = links_.find(key))
    attach(*known);
}

void worker_state::attach(const node_link& link) {
  auto& session = node_sessions_[link.key];
  wire::Attach attach;
  attach.set_session(session_.value);
  attach.set_name(options_.name);
  for (const auto& kind : kinds_)
    attach.add_kinds(kind);
  for (const auto& queue : options_.queues)
    attach.add_queues(queue);
  attach.set_slots(options_.slots);
  attach.set_credit(credit_.attach(link.key, credit_limit()));
  attach.set_slot_credit(slot_credit_.attach(link.key, attach.credit(), free_slots()));
  for (const auto& [key, held] : held_) {
    auto* run = attach.add_running();
    run->set_task(key.task.value);
    run->set_token(key.token.value);
    if (held.stage == run_stage::running)
      if (const auto began_ms = slots_[held.slot].completion->began_ms())
        run->set_began_ms(*began_ms);
  }
  for (const auto& [shard, seen] : remembered_) {
    auto* memory = attach.add_remembered();
    memory->set_shard(shard.value);
    memory->set_epoch(seen.epoch);
    memory->set_token(seen.token.value);
    memory->set_serial(seen.serial);
  }
  attach.set_clock_ms(now_ms());
  const auto number = session.lease.attach_sent(now().time_since_epoch());
  attach.set_number(number);
  attach.set_is_first(session.attach_attempt != link.attempt);
  attach.set_attach_generation(session.attach_generation);
  attach.set_is_multi_node(links_.is_clustered());
  session.attach_attempt = link.attempt;
  links_.send(link, attach_atom::value, attach);
  self_->delayed_send(self_, attach_timeout, attach_check_atom::value, link.key, number);
}

void worker_state::attach_all() {
  for (const auto& link : links_.links())
    if (link.is_open && node_sessions_[link.key].is_joined)
      attach(link);
}

void worker_state::on_attach_check(std::uint64_t link, std::uint64_t number) {
  const auto session = node_sessions_.find(link);
  auto* known = links_.find(link);
  if (known && session != node_sessions_.end() && session->second.lease.is_attach_pending(number))
    links_.disconnect(*known, "the node does not answer");
}

void worker_state::on_attached(const wire::Attached& answer) {
  auto* link = links_.sender_link();
  if (!link || !link->is_open)
    return;
  if (answer.has_failure()) {
    spdlog::warn("worker.refused name={} reason={}", log_value(options_.name),
                 log_value(answer.failure().what()));
    return links_.disconnect(*link, answer.failure().what());
  }
  // A Demand that came before the Attached is void: the node announces its demand again.
  credit_.set_demand(link->key, false);
  auto& session = node_sessions_[link->key];
  if (!session.lease.attach_acked(answer.number(), answer.answers_heartbeats()))
    return;
  lease_ = duration{std::max(answer.lease_ms(), 4U)};
  if (!std::exchange(session.is_joined, true)) {
    spdlog::info("worker.attached name={} session={} node={}", log_value(options_.name),
                 session_.value, log_value(link->address.host));
    self_->delayed_send(self_, heartbeat_interval(lease_), send_heartbeat_atom::value,
                        link->attempt);
  } else if (session.lease.is_attach_pending()) {
    return; // The answer to the latest Attach will do the rest.
  }
  update_reachability();
  for (const auto& share : credit_.recall_excess(credit_limit()))
    send_credit(share, true);
  // A restarted shard has not seen the reports in flight.
  send_reports(outcomes_.resend(now_ms() + 1, now_ms()));
  flush();
  quit_if_done();
}

void worker_state::on_link_closed(const node_link& link) {
  auto& session = node_sessions_[link.key];
  if (std::exchange(session.is_joined, false))
    spdlog::warn("worker.node_disconnected name={} session={} node={}", log_value(options_.name),
                 session_.value, log_value(link.address.host));
  session.lease.connection_lost();
  credit_.remove(link.key);
  slot_credit_.remove(link.key);
  update_reachability();
  allocate_credit();
  quit_if_done();
}

/// Reports that were sent to the shards' previous nodes may not have arrived.
void worker_state::on_shards_moved() {
  update_reachability();
  send_reports(outcomes_.resend(now_ms() + 1, now_ms()));
}

} // namespace belfry
