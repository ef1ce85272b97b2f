#include "cluster/cluster_keeper_state.hpp"

#include "belfry/actors/protocol.hpp"
#include "belfry/coverage_probe.hpp"

#include "base/actor_basics.hpp"

#include "placement/placement.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <caf/exit_reason.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe member_evicted{"a node takes a silent one for dead"};
coverage_probe self_evicted{"a node that lives finds itself taken for dead"};
coverage_probe shard_moves{"a shard moves from one living node to another"};
coverage_probe claim_was_lost{"two nodes claim one shard"};

// A look costs the storage a little: no stranger makes it more than this.
constexpr duration refresh_interval_min{20};
constexpr duration retry_delay{60'000};

} // namespace

cluster_keeper_state::cluster_keeper_state(caf::event_based_actor* self,
                                           cluster_keeper_options options,
                                           std::shared_ptr<membership> store)
    : self_(self), options_(std::move(options)), store_(std::move(store)),
      hints_(self, options_.transport),
      watch_(options_.limits.failure_timeout, options_.limits.failure_timeout / 2) {}

void cluster_keeper_state::on_child_started(const child_started& one) {
  if (!supervisor_)
    supervisor_ = caf::actor_cast<caf::actor>(self_->current_sender());
  const bool had_both = router_ && dispatcher_;
  if (one.name == "router")
    router_ = one.child;
  else if (one.name == "dispatcher")
    dispatcher_ = one.child;
  else
    return;
  if (had_both)
    tell();
  else if (router_ && dispatcher_)
    tick(); // Not before: they must know where a shard is when it starts.
}

void cluster_keeper_state::tick() {
  look();
  self_->delayed_send(self_, options_.limits.beat, tick_atom::value);
}

void cluster_keeper_state::refresh_soon() {
  if (std::exchange(is_refresh_scheduled_, true))
    return;
  const auto rest = last_refresh_ ? *last_refresh_ + refresh_interval_min - self_->clock().now()
                                  : time_point::duration{0};
  self_->delayed_send(self_, std::max(rest, time_point::duration{0}), refresh_now_atom::value);
}

void cluster_keeper_state::refresh_now() {
  is_refresh_scheduled_ = false;
  look();
}

void cluster_keeper_state::look() {
  last_refresh_ = self_->clock().now();
  if (!is_member_ && !join())
    return;
  bool is_known = false;
  if (!is_storage_available(store_->heartbeat(options_.self.id, is_known)))
    return;
  if (!is_known) {
    self_evicted.hit();
    spdlog::warn("cluster.self_evicted name={} reason=\"the others took this node for dead\"",
                 options_.self.name);
    is_member_ = false;
    stop_all_shards();
    return refresh_soon();
  }
  if (refresh_view())
    rebalance();
}

bool cluster_keeper_state::is_storage_available(const storage_status& how) {
  const bool is_away = how.code == storage_code::unavailable || how.code == storage_code::in_doubt;
  if (!how.ok() && !is_away)
    self_->quit(quit_reason({errc::storage, how.text}));
  if (is_away && !std::exchange(is_storage_unavailable_, true))
    spdlog::warn("cluster.storage_outage reason=\"{}\"", how.text);
  if (how.ok() && std::exchange(is_storage_unavailable_, false))
    spdlog::info("cluster.storage_recovered");
  return how.ok();
}

/// Whoever stands in the way must be alive: it is asked for a sign of life since the last look.
bool cluster_keeper_state::join() {
  if (!refresh_view())
    return false;
  const auto is_self = [this](const member& one) { return one.id == options_.self.id; };
  const auto& members = view_->members;
  if (std::any_of(members.begin(), members.end(), is_self))
    return is_member_ = true; // This actor has been restarted.
  if (auto found = find_join_conflict(options_.self, *view_)) {
    if (join_conflict_ && join_conflict_->who.id == found->who.id &&
        join_conflict_->who.heartbeats != found->who.heartbeats)
      self_->quit(quit_reason({errc::wrong_state, "may not join: " + found->text}));
    join_conflict_ = std::move(found);
    return false;
  }
  if (!is_storage_available(store_->join(options_.self)))
    return false;
  spdlog::info("cluster.joined name={} member={:x} address={}:{}", options_.self.name,
               options_.self.id.value, options_.self.host, options_.self.port);
  return is_member_ = true;
}

/// Takes a look, and another if it has buried those who are silent: one of them may have given a
/// sign of life in between. Returns whether it could.
bool cluster_keeper_state::refresh_view() {
  auto seen = std::make_shared<cluster_view>();
  if (!is_storage_available(store_->read_view(*seen)))
    return false;
  auto dead = watch_.suspects(*seen);
  std::erase_if(dead, [this](const member& one) { return one.id == options_.self.id; });
  for (const auto& one : dead) {
    if (!is_storage_available(store_->evict(one.id, one.heartbeats)))
      return false;
    member_evicted.hit();
    spdlog::warn("cluster.member_evicted name={} member={:x} ms={}", one.name, one.id.value,
                 options_.limits.failure_timeout.count());
  }
  if (!dead.empty() && !is_storage_available(store_->read_view(*seen)))
    return false;
  const bool is_placed = placement_.size() == seen->assignments.size() &&
                         have_equal_placement(view_->members, seen->members);
  view_ = std::move(seen);
  if (!is_placed)
    placement_ = place_shards(view_->members, view_->assignments.size());
  return true;
}

void cluster_keeper_state::rebalance() {
  const auto moves =
      self_->clock().now() < next_move_at_ ? 0 : options_.limits.concurrent_moves_max;
  const auto orders = plan_rebalance(options_.self.id, *view_, placement_, moves);
  if (!orders.claim.empty()) {
    std::vector<shard_id> claimed;
    if (!is_storage_available(store_->claim(options_.self.id, orders.claim, claimed)) ||
        !refresh_view())
      return;
    if (claimed.size() < orders.claim.size())
      claim_was_lost.hit();
    spdlog::info("cluster.claimed shards={}", claimed.size());
  }
  releasing_.insert(orders.release.begin(), orders.release.end());
  tell(); // First: who asks for a shard that is about to start must know where it is.
  set_running_shards();
}

void cluster_keeper_state::set_running_shards() {
  set_desired_children wanted{"shard", {}};
  std::erase_if(retry_at_,
                [now = self_->clock().now()](const auto& one) { return one.second <= now; });
  for (const auto& one : view_->assignments) {
    if (one.owner != options_.self.id)
      releasing_.erase(one.shard);
    else if (!retry_at_.contains(one.shard) && !releasing_.contains(one.shard))
      wanted.indexes.push_back(one.shard.value);
  }
  self_->send(supervisor_, std::move(wanted));
}

void cluster_keeper_state::tell() {
  if (!is_member_)
    return;
  const cluster_updated news{options_.self.id, view_, routes_of(*view_, placement_, releasing_)};
  self_->send(dispatcher_, news);
  self_->send(router_, news);
}

void cluster_keeper_state::stop_all_shards() {
  releasing_.clear();
  self_->send(supervisor_, set_desired_children{"shard", {}});
}

void cluster_keeper_state::ended(const child_terminated& one) {
  if (one.is_fenced)
    spdlog::warn("cluster.fenced shard={} reason=\"{}\"", one.index, one.why);
  else
    retry_at_[{one.index}] = self_->clock().now() + retry_delay;
}

void cluster_keeper_state::on_live_children(const running_children& all) {
  auto ended = releasing_;
  for (const auto index : all.indexes)
    ended.erase({index});
  if (!ended.empty())
    release_shards({ended.begin(), ended.end()});
}

/// Until the storage is reached, the shards stay here: the next look tries again.
void cluster_keeper_state::release_shards(const std::vector<shard_id>& shards) {
  std::set<const member*> heirs;
  for (const auto shard : shards) {
    releasing_.erase(shard);
    heirs.insert(preferred_owner(shard));
  }
  if (!is_storage_available(store_->release(options_.self.id, shards)))
    return;
  shard_moves.hit();
  spdlog::info("cluster.released shards={}", shards.size());
  for (const auto& one : view_->members)
    if (heirs.contains(&one))
      hints_.send_hint(one);
  next_move_at_ = self_->clock().now() + options_.limits.move_pause;
  self_->delayed_send(self_, options_.limits.move_pause, refresh_now_atom::value);
}

const member* cluster_keeper_state::preferred_owner(shard_id shard) const {
  for (const auto& one : view_->members)
    if (shard.value < placement_.size() && one.id == placement_[shard.value])
      return &one;
  return nullptr;
}

void cluster_keeper_state::drain(const drain_node& what) {
  wire::Response answer;
  answer.set_correlation(what.correlation);
  std::size_t found = 0;
  const auto how = store_->set_draining(what.node, !what.is_undrain, found);
  if (!is_storage_available(how))
    wire::write(failure{errc::unavailable, how.text}, *answer.mutable_failure());
  else if (found == 0)
    wire::write(failure{errc::not_found, "the cluster has no node called '" + what.node + "'"},
                *answer.mutable_failure());
  else
    answer.mutable_done();
  self_->send(what.client, response_atom::value, envelope{wire::seal(answer), 0});
  refresh_soon();
}

void cluster_keeper_state::leave() {
  const auto how = is_member_ ? store_->leave(options_.self.id) : storage_status{};
  if (!how.ok())
    spdlog::warn("cluster.leave_failed reason=\"{}\"", how.text);
  if (how.ok())
    for (const auto& one : successors_of(options_.self.id, *view_))
      hints_.send_hint(one);
  hints_.when_sent([this] { self_->quit(caf::exit_reason::user_shutdown); });
}

} // namespace belfry
