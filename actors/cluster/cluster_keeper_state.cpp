#include "cluster/cluster_keeper_state.hpp"

#include "belfry/actors/protocol.hpp"
#include "belfry/situation.hpp"

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

situation member_was_buried{"a node takes a silent one for dead"};
situation was_buried_itself{"a node that lives finds itself taken for dead"};
situation shard_moves{"a shard moves from one living node to another"};
situation claim_was_lost{"two nodes claim one shard"};

// A look costs the storage a little: no stranger makes it more than this.
constexpr duration look_pause{20};
constexpr duration rest_after_failure{60'000};

} // namespace

cluster_keeper_state::cluster_keeper_state(caf::event_based_actor* self,
                                           cluster_keeper_options options,
                                           std::shared_ptr<membership> store)
    : self_(self), options_(std::move(options)), store_(std::move(store)),
      hints_(self, options_.transport),
      watch_(options_.limits.silence, options_.limits.silence / 2) {}

void cluster_keeper_state::meet(const child_started& one) {
  if (!supervisor_)
    supervisor_ = caf::actor_cast<caf::actor>(self_->current_sender());
  const bool had_both = gateway_ && dispatcher_;
  if (one.name == "gateway")
    gateway_ = one.child;
  else if (one.name == "dispatcher")
    dispatcher_ = one.child;
  else
    return;
  if (had_both)
    tell();
  else if (gateway_ && dispatcher_)
    tick(); // Not before: they must know where a shard is when it starts.
}

void cluster_keeper_state::tick() {
  look();
  self_->delayed_send(self_, options_.limits.beat, tick_atom::value);
}

void cluster_keeper_state::look_soon() {
  if (std::exchange(is_look_on_its_way_, true))
    return;
  const auto rest =
      looked_at_ ? *looked_at_ + look_pause - self_->clock().now() : time_point::duration{0};
  self_->delayed_send(self_, std::max(rest, time_point::duration{0}), look_now_atom::value);
}

void cluster_keeper_state::look_now() {
  is_look_on_its_way_ = false;
  look();
}

void cluster_keeper_state::look() {
  looked_at_ = self_->clock().now();
  if (!is_member_ && !join())
    return;
  bool is_known = false;
  if (!is_reached(store_->beat(options_.self.id, is_known)))
    return;
  if (!is_known) {
    was_buried_itself.reached();
    spdlog::warn("cluster.buried name={} why=\"the others took this node for dead\"",
                 options_.self.name);
    is_member_ = false;
    hold_nothing();
    return look_soon();
  }
  if (see())
    act();
}

bool cluster_keeper_state::is_reached(const status& how) {
  const bool is_away = how.code == outcome_code::unavailable || how.code == outcome_code::in_doubt;
  if (!how.ok() && !is_away)
    self_->quit(quit_reason({errc::storage, how.text}));
  if (is_away && !std::exchange(is_away_, true))
    spdlog::warn("cluster.storage_away why=\"{}\"", how.text);
  if (how.ok() && std::exchange(is_away_, false))
    spdlog::info("cluster.storage_back");
  return how.ok();
}

/// Whoever stands in the way must be alive: it is asked for a sign of life since the last look.
bool cluster_keeper_state::join() {
  if (!see())
    return false;
  const auto is_self = [this](const member& one) { return one.id == options_.self.id; };
  const auto& members = view_->members;
  if (std::any_of(members.begin(), members.end(), is_self))
    return is_member_ = true; // This actor has been restarted.
  if (auto found = obstacle_to(options_.self, *view_)) {
    if (doubt_ && doubt_->who.id == found->who.id && doubt_->who.beats != found->who.beats)
      self_->quit(quit_reason({errc::wrong_state, "may not join: " + found->text}));
    doubt_ = std::move(found);
    return false;
  }
  if (!is_reached(store_->join(options_.self)))
    return false;
  spdlog::info("cluster.joined name={} member={:x} address={}:{}", options_.self.name,
               options_.self.id.value, options_.self.host, options_.self.port);
  return is_member_ = true;
}

/// Takes a look, and another if it has buried those who are silent: one of them may have given a
/// sign of life in between. Returns whether it could.
bool cluster_keeper_state::see() {
  auto seen = std::make_shared<cluster_view>();
  if (!is_reached(store_->look(*seen)))
    return false;
  auto dead = watch_.silent(*seen);
  std::erase_if(dead, [this](const member& one) { return one.id == options_.self.id; });
  for (const auto& one : dead) {
    if (!is_reached(store_->bury(one.id, one.beats)))
      return false;
    member_was_buried.reached();
    spdlog::warn("cluster.member_silent name={} member={:x} ms={}", one.name, one.id.value,
                 options_.limits.silence.count());
  }
  if (!dead.empty() && !is_reached(store_->look(*seen)))
    return false;
  const bool is_placed =
      placement_.size() == seen->seats.size() && are_alike(view_->members, seen->members);
  view_ = std::move(seen);
  if (!is_placed)
    placement_ = place_shards(view_->members, view_->seats.size());
  return true;
}

void cluster_keeper_state::act() {
  const auto moves = self_->clock().now() < rests_until_ ? 0 : options_.limits.moves_max;
  const auto orders = orders_for(options_.self.id, *view_, placement_, moves);
  if (!orders.claim.empty()) {
    std::vector<shard_id> claimed;
    if (!is_reached(store_->claim(options_.self.id, orders.claim, claimed)) || !see())
      return;
    if (claimed.size() < orders.claim.size())
      claim_was_lost.reached();
    spdlog::info("cluster.claimed shards={}", claimed.size());
  }
  releasing_.insert(orders.release.begin(), orders.release.end());
  tell(); // First: who asks for a shard that is about to start must know where it is.
  hold();
}

void cluster_keeper_state::hold() {
  hold_children wanted{"shard", {}};
  std::erase_if(resting_,
                [now = self_->clock().now()](const auto& one) { return one.second <= now; });
  for (const auto& one : view_->seats) {
    if (one.owner != options_.self.id)
      releasing_.erase(one.shard);
    else if (!resting_.contains(one.shard) && !releasing_.contains(one.shard))
      wanted.indexes.push_back(one.shard.value);
  }
  self_->send(supervisor_, std::move(wanted));
}

void cluster_keeper_state::tell() {
  if (!is_member_)
    return;
  const cluster_known news{options_.self.id, view_, routes_of(*view_, placement_, releasing_)};
  self_->send(dispatcher_, news);
  self_->send(gateway_, news);
}

void cluster_keeper_state::hold_nothing() {
  releasing_.clear();
  self_->send(supervisor_, hold_children{"shard", {}});
}

void cluster_keeper_state::ended(const child_ended& one) {
  if (one.is_fenced)
    spdlog::warn("cluster.fenced shard={} why=\"{}\"", one.index, one.why);
  else
    resting_[{one.index}] = self_->clock().now() + rest_after_failure;
}

void cluster_keeper_state::live(const living_children& all) {
  auto ended = releasing_;
  for (const auto index : all.indexes)
    ended.erase({index});
  if (!ended.empty())
    give_away({ended.begin(), ended.end()});
}

/// Until the storage is reached, the shards stay here: the next look tries again.
void cluster_keeper_state::give_away(const std::vector<shard_id>& shards) {
  std::set<const member*> heirs;
  for (const auto shard : shards) {
    releasing_.erase(shard);
    heirs.insert(right_owner(shard));
  }
  if (!is_reached(store_->release(options_.self.id, shards)))
    return;
  shard_moves.reached();
  spdlog::info("cluster.released shards={}", shards.size());
  for (const auto& one : view_->members)
    if (heirs.contains(&one))
      hints_.tell(one);
  rests_until_ = self_->clock().now() + options_.limits.move_pause;
  self_->delayed_send(self_, options_.limits.move_pause, look_now_atom::value);
}

const member* cluster_keeper_state::right_owner(shard_id shard) const {
  for (const auto& one : view_->members)
    if (shard.value < placement_.size() && one.id == placement_[shard.value])
      return &one;
  return nullptr;
}

void cluster_keeper_state::drain(const drain_node& what) {
  wire::Answer answer;
  answer.set_correlation(what.correlation);
  std::size_t found = 0;
  const auto how = store_->set_draining(what.node, !what.is_over, found);
  if (!is_reached(how))
    wire::write(failure{errc::unavailable, how.text}, *answer.mutable_failure());
  else if (found == 0)
    wire::write(failure{errc::not_found, "the cluster has no node called '" + what.node + "'"},
                *answer.mutable_failure());
  else
    answer.mutable_done();
  self_->send(what.client, answer_atom::value, envelope{wire::seal(answer), 0});
  look_soon();
}

void cluster_keeper_state::leave() {
  const auto how = is_member_ ? store_->leave(options_.self.id) : status{};
  if (!how.ok())
    spdlog::warn("cluster.left_silently why=\"{}\"", how.text);
  if (how.ok())
    for (const auto& one : heirs_of(options_.self.id, *view_))
      hints_.tell(one);
  hints_.when_told([this] { self_->quit(caf::exit_reason::user_shutdown); });
}

} // namespace belfry
