#include "cluster/cluster_keeper_state.hpp"

#include "belfry/actors/protocol.hpp"
#include "belfry/coverage_probe.hpp"

#include "base/actor_basics.hpp"

#include "placement/placement.hpp"
#include "text/printable.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <caf/exit_reason.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe member_evicted{"a node evicts another that sent no heartbeats"};
coverage_probe self_evicted{"a live node finds itself evicted"};
coverage_probe shard_moves{"a shard moves from one live node to another"};
coverage_probe claim_was_lost{"two nodes claim one shard"};

// A refresh costs the storage a little: hints from outside cause no more than this.
constexpr duration refresh_interval_min{20};
constexpr duration retry_delay{60'000};

} // namespace

cluster_keeper_state::cluster_keeper_state(caf::event_based_actor* self,
                                           cluster_keeper_options options,
                                           std::shared_ptr<membership> opened)
    : self_(self), options_(std::move(options)), membership_(std::move(opened)),
      hints_(self, options_.transport),
      failure_detector_(options_.limits.failure_timeout, options_.limits.failure_timeout / 2) {}

void cluster_keeper_state::on_child_started(const child_started& started) {
  if (!supervisor_)
    supervisor_ = caf::actor_cast<caf::actor>(self_->current_sender());
  const bool had_both = router_ && dispatcher_;
  if (started.name == "router")
    router_ = started.child;
  else if (started.name == "dispatcher")
    dispatcher_ = started.child;
  else
    return;
  if (had_both)
    publish_view();
  else if (router_ && dispatcher_)
    tick(); // Not before: both must know the owner of a shard when it starts.
}

void cluster_keeper_state::tick() {
  refresh();
  self_->delayed_send(self_, options_.limits.heartbeat_interval, tick_atom::value);
}

void cluster_keeper_state::refresh_soon() {
  if (is_storage_unavailable_)
    return;
  if (std::exchange(is_refresh_scheduled_, true))
    return;
  const auto pause = last_refresh_ ? *last_refresh_ + refresh_interval_min - self_->clock().now()
                                   : time_point::duration{0};
  self_->delayed_send(self_, std::max(pause, time_point::duration{0}), refresh_now_atom::value);
}

void cluster_keeper_state::on_refresh_now() {
  is_refresh_scheduled_ = false;
  refresh();
}

void cluster_keeper_state::refresh() {
  last_refresh_ = self_->clock().now();
  if (!is_member_ && !join())
    return;
  bool is_known = false;
  if (!check_write(membership_->heartbeat(options_.self.id, is_known)))
    return;
  if (!is_known) {
    self_evicted.hit();
    spdlog::warn("cluster.self_evicted name={} reason=\"other nodes received no heartbeats\"",
                 log_value(options_.self.name));
    is_member_ = false;
    stop_all_shards();
    return refresh_soon();
  }
  if (refresh_view())
    rebalance();
}

/// Notes the beginning of an outage, and ends this actor on any other failure. Returns whether the
/// read succeeded. That does not end an outage: a read-only database answers reads and refuses
/// heartbeats.
bool cluster_keeper_state::check_read(const storage_status& status) {
  const bool is_unavailable =
      status.code == storage_code::unavailable || status.code == storage_code::in_doubt;
  if (!status.ok() && !is_unavailable)
    self_->quit(quit_reason({errc::storage, status.text}));
  if (is_unavailable && !std::exchange(is_storage_unavailable_, true))
    spdlog::error("cluster.storage_outage reason={}", log_value(status.text));
  return status.ok();
}

/// The same of a write, which ends an outage if it succeeds.
bool cluster_keeper_state::check_write(const storage_status& status) {
  if (status.ok() && std::exchange(is_storage_unavailable_, false))
    spdlog::info("cluster.storage_recovered");
  return check_read(status);
}

/// A conflict with another member counts only if that member is alive: if it sent a heartbeat
/// between two refreshes.
bool cluster_keeper_state::join() {
  if (!refresh_view())
    return false;
  const auto is_self = [this](const member& other) { return other.id == options_.self.id; };
  const auto& members = view_->members;
  if (std::any_of(members.begin(), members.end(), is_self))
    return is_member_ = true; // This actor has been restarted.
  if (auto found = find_join_conflict(options_.self, *view_)) {
    if (join_conflict_ && join_conflict_->member_in_conflict.id == found->member_in_conflict.id &&
        join_conflict_->member_in_conflict.heartbeats != found->member_in_conflict.heartbeats)
      self_->quit(quit_reason({errc::wrong_state, "may not join: " + found->text}));
    join_conflict_ = std::move(found);
    return false;
  }
  if (!check_write(membership_->join(options_.self))) {
    failure_detector_.restart();
    return false;
  }
  spdlog::info("cluster.joined name={} member={:x} address={}:{}", log_value(options_.self.name),
               options_.self.id.value, printable(options_.self.host), options_.self.port);
  return is_member_ = true;
}

/// Reads the view and evicts failed members. Returns whether the storage was available.
bool cluster_keeper_state::refresh_view() {
  auto latest = std::make_shared<cluster_view>();
  if (!check_read(membership_->read_view(*latest)) || !evict_failed_members(*latest))
    return false;
  const bool is_placed = placement_.size() == latest->assignments.size() &&
                         have_equal_placement(view_->members, latest->members);
  view_ = std::move(latest);
  if (!is_placed)
    placement_ = place_shards(view_->members, view_->assignments.size());
  return true;
}

/// Evicts the members of the view that have sent no heartbeats for too long, then reads the view
/// again: one of them may have sent a heartbeat in between. Returns whether the storage was
/// available.
bool cluster_keeper_state::evict_failed_members(cluster_view& latest) {
  auto suspects = failure_detector_.suspects(latest);
  std::erase_if(suspects, [this](const member& suspect) { return suspect.id == options_.self.id; });
  for (const auto& suspect : suspects) {
    if (!check_write(membership_->evict(suspect.id, suspect.heartbeats))) {
      failure_detector_.restart();
      return false;
    }
    member_evicted.hit();
    spdlog::warn("cluster.member_evicted name={} member={:x} failure_timeout_ms={}",
                 log_value(suspect.name), suspect.id.value,
                 options_.limits.failure_timeout.count());
  }
  return suspects.empty() || check_read(membership_->read_view(latest));
}

void cluster_keeper_state::rebalance() {
  const auto moves =
      self_->clock().now() < next_move_at_ ? 0 : options_.limits.concurrent_moves_max;
  const auto plan = plan_rebalance(options_.self.id, *view_, placement_, moves);
  if (!plan.claim.empty()) {
    std::vector<shard_id> claimed;
    if (!check_write(membership_->claim(options_.self.id, plan.claim, claimed)) || !refresh_view())
      return;
    if (claimed.size() < plan.claim.size())
      claim_was_lost.hit();
    spdlog::info("cluster.claimed shards={}", claimed.size());
  }
  releasing_.insert(plan.release.begin(), plan.release.end());
  publish_view(); // First: the router must know the owner of a shard when it starts.
  set_running_shards();
}

void cluster_keeper_state::set_running_shards() {
  set_desired_children wanted{"shard", {}};
  std::erase_if(retry_at_,
                [now = self_->clock().now()](const auto& retry) { return retry.second <= now; });
  for (const auto& assigned : view_->assignments) {
    if (assigned.owner != options_.self.id)
      releasing_.erase(assigned.shard);
    else if (!retry_at_.contains(assigned.shard) && !releasing_.contains(assigned.shard))
      wanted.indexes.push_back(assigned.shard.value);
  }
  self_->send(supervisor_, std::move(wanted));
}

void cluster_keeper_state::publish_view() {
  if (!is_member_)
    return;
  const cluster_updated update{options_.self.id, view_, routes_of(*view_, placement_, releasing_)};
  self_->send(dispatcher_, update);
  self_->send(router_, update);
}

void cluster_keeper_state::stop_all_shards() {
  releasing_.clear();
  self_->send(supervisor_, set_desired_children{"shard", {}});
}

void cluster_keeper_state::on_child_terminated(const child_terminated& ended) {
  if (ended.is_fenced)
    spdlog::warn("cluster.fenced shard={} reason={}", ended.index, log_value(ended.reason));
  else
    retry_at_[{ended.index}] = self_->clock().now() + retry_delay;
}

void cluster_keeper_state::on_running_children(const running_children& running) {
  auto stopped = releasing_;
  for (const auto index : running.indexes)
    stopped.erase({index});
  if (!stopped.empty())
    release_shards({stopped.begin(), stopped.end()});
}

/// While the storage is unavailable the shards keep this owner; the next refresh tries again.
void cluster_keeper_state::release_shards(const std::vector<shard_id>& shards) {
  std::set<const member*> new_owners;
  for (const auto shard : shards) {
    releasing_.erase(shard);
    new_owners.insert(preferred_owner(shard));
  }
  if (!check_write(membership_->release(options_.self.id, shards)))
    return;
  shard_moves.hit();
  spdlog::info("cluster.released shards={}", shards.size());
  for (const auto& other : view_->members)
    if (new_owners.contains(&other))
      hints_.send_hint(other);
  next_move_at_ = self_->clock().now() + options_.limits.move_pause;
  self_->delayed_send(self_, options_.limits.move_pause, refresh_now_atom::value);
}

const member* cluster_keeper_state::preferred_owner(shard_id shard) const {
  for (const auto& other : view_->members)
    if (shard.value < placement_.size() && other.id == placement_[shard.value])
      return &other;
  return nullptr;
}

void cluster_keeper_state::on_drain_node(const drain_node& request) {
  wire::Response answer;
  answer.set_correlation(request.correlation);
  std::size_t found = 0;
  const auto status = membership_->set_draining(request.node, !request.is_undrain, found);
  if (!check_write(status))
    wire::write(failure{errc::unavailable, status.text}, *answer.mutable_failure());
  else if (found == 0)
    wire::write(failure{errc::not_found, "the cluster has no node called '" + request.node + "'"},
                *answer.mutable_failure());
  else
    answer.mutable_done();
  self_->send(request.client, response_atom::value, envelope{wire::seal(answer), 0});
  refresh_soon();
}

void cluster_keeper_state::leave() {
  const auto status = is_member_ ? membership_->leave(options_.self.id) : storage_status{};
  if (!status.ok())
    spdlog::warn("cluster.leave_failed reason={}", log_value(status.text));
  if (status.ok())
    for (const auto& successor : successors_of(options_.self.id, *view_))
      hints_.send_hint(successor);
  hints_.when_sent([this] { self_->quit(caf::exit_reason::user_shutdown); });
}

} // namespace belfry
