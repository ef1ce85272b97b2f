#include "world/sim_node.hpp"

#include "base/node_identity.hpp"
#include "base/system_config.hpp"
#include "belfry/contract.hpp"
#include "world/transport.hpp"

#include <caf/actor_registry.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/detail/sync_request_bouncer.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

namespace belfry::sim {

namespace {

caf::actor_clock::time_point on_caf_clock(world_time now) {
  // CAF takes the clock's zero for "no time at all".
  return caf::actor_clock::time_point{now + world_time{1}};
}

} // namespace

void sim_node::serial_unit::begin(caf::actor_system& system, caf::proxy_registry& proxies,
                                  caf::scheduler::test_coordinator& to) {
  system_ = &system;
  proxies_ = &proxies;
  scheduler = &to;
}

sim_node::sim_node(node_setup setup, sim_network& network, trace& events)
    : setup_(std::move(setup)), network_(network), trace_(events),
      id_(make_node_identity(setup_.at, setup_.incarnation)),
      config_(std::make_unique<system_config>(false)), self_(std::make_shared<sim_node*>(this)) {
  config_->set("scheduler.policy", caf::atom("testing"));
  set_node_identity(*config_, id_);
  system_ = std::make_unique<caf::actor_system>(*config_);
  scheduler_ = dynamic_cast<caf::scheduler::test_coordinator*>(&system_->scheduler());
  proxies_ = std::make_unique<caf::proxy_registry>(*system_, *this);
  unit_.begin(*system_, *proxies_, *scheduler_);
  transport_ =
      spawn_transport(*system_, [this](const std::string& host, std::uint16_t port,
                                       std::uint64_t number) { dial(host, port, number); });
  network_.join(setup_.at, *this);
}

void sim_node::publish(const caf::actor& who, std::uint16_t port) {
  system_->registry().put(who.id(), who);
  published_[port] = who;
}

// --- running ---

std::size_t sim_node::jobs() const {
  const auto& all = scheduler_->jobs;
  if (all.empty() || is_frozen())
    return 0;
  if (now_ >= busy_until_)
    return all.size();
  if (slow_actor_ == caf::invalid_actor_id)
    return 0;
  const auto held = std::count_if(all.begin(), all.end(), [&](auto* job) { return is_held(job); });
  return all.size() - static_cast<std::size_t>(held);
}

bool sim_node::is_held(const caf::resumable* job) const {
  const auto* who = dynamic_cast<const caf::scheduled_actor*>(job);
  return who && who->id() == slow_actor_;
}

/// Of the actor that is the `ready`th among those that can run.
std::size_t sim_node::position_of(std::size_t ready) const {
  if (now_ >= busy_until_)
    return ready;
  const auto& all = scheduler_->jobs;
  std::size_t position = 0;
  for (; is_held(all[position]) || ready > 0; ++position)
    ready -= is_held(all[position]) ? 0 : 1;
  return position;
}

void sim_node::slow_down(world_time cost, caf::actor_id who) {
  message_cost_ = cost;
  slow_actor_ = who;
  busy_until_ = now_;
}

void sim_node::run(std::size_t ready) {
  auto& jobs = scheduler_->jobs;
  const auto chosen = jobs.begin() + static_cast<std::ptrdiff_t>(position_of(ready));
  std::rotate(jobs.begin(), chosen, chosen + 1);
  trace_.mix(setup_.at);
  auto* who = dynamic_cast<caf::scheduled_actor*>(jobs.front());
  if (who) {
    trace_.mix(who->id());
    if (message_cost_ > world_time{0} &&
        (slow_actor_ == caf::invalid_actor_id || slow_actor_ == who->id()))
      busy_until_ = now_ + message_cost_;
    if (auto* next = who->peek_at_next_mailbox_element()) {
      trace_.mix(next->content().type_token());
      if (setup_.listener)
        setup_.listener->on_handle(setup_.name, *who, next->content());
    }
  }
  if (setup_.listener)
    setup_.listener->run(setup_.name, who, *scheduler_);
  else
    scheduler_->run_once();
}

std::optional<world_time> sim_node::next_event() const {
  if (is_frozen())
    return frozen_until_;
  std::optional<world_time> next;
  if (now_ < busy_until_ && !scheduler_->jobs.empty())
    next = busy_until_;
  const auto& waiting = scheduler_->clock().schedule();
  if (waiting.empty())
    return next;
  const auto timer =
      std::chrono::duration_cast<world_time>(waiting.begin()->first.time_since_epoch()) -
      world_time{1};
  return next ? std::min(*next, timer) : timer;
}

void sim_node::set_time(world_time now) {
  now_ = now;
  scheduler_->clock().current_time = on_caf_clock(now);
}

void sim_node::fire_timeouts() {
  if (is_frozen())
    return;
  scheduler_->clock().trigger_expired_timeouts();
}

// --- sending ---

void sim_node::send_remote(outgoing_message what) {
  if (!is_dead_)
    outgoing_messages_.push_back(std::move(what));
}

void sim_node::drop(const caf::message& what) {
  if (!is_dead_ && setup_.listener)
    setup_.listener->on_send(setup_.name, what);
}

void sim_node::flush() {
  while (!outgoing_messages_.empty())
    for (auto& what : std::exchange(outgoing_messages_, {}))
      transmit(what);
}

void sim_node::transmit(outgoing_message& what) {
  if (setup_.listener)
    setup_.listener->on_send(setup_.name, what.content);
  packet out;
  out.from = id_;
  out.to = what.to;
  out.receiver = what.to_actor;
  out.id = what.id;
  if (what.sender) {
    out.sender_node = what.sender->node();
    out.sender = what.sender->id();
    if (out.sender_node == id_)
      system_->registry().put(what.sender->id(), what.sender);
  }
  caf::binary_serializer sink{&unit_, out.bytes};
  const auto failed = sink(what.stages, what.content);
  expects(!failed, "sim_node: messages between nodes can be serialised");
  network_.send(setup_.at, std::move(out));
}

caf::strong_actor_ptr sim_node::make_proxy(caf::node_id node, caf::actor_id actor) {
  if (!node || actor == caf::invalid_actor_id)
    return nullptr;
  caf::actor_config config;
  auto proxy =
      caf::make_actor<sim_proxy, caf::strong_actor_ptr>(actor, node, system_.get(), config, *this);
  packet out;
  out.what = packet::content::watch;
  out.from = id_;
  out.to = std::move(node);
  out.receiver = actor;
  if (!is_dead_)
    network_.send(setup_.at, std::move(out));
  return proxy;
}

void sim_node::dial(const std::string& host, std::uint16_t port, std::uint64_t number) {
  if (is_dead_)
    return;
  network_.connect(setup_.at, setup_.resolve(host), port,
                   [life = std::weak_ptr{self_}, number](std::optional<published_actor> found) {
                     const auto alive = life.lock();
                     if (!alive)
                       return;
                     auto& node = **alive;
                     caf::strong_actor_ptr who;
                     if (found)
                       who = node.proxies_->get_or_put(found->process, found->actor);
                     caf::anon_send(node.transport_, caf::ok_atom::value, number,
                                    found ? found->process : caf::node_id{}, who);
                   });
}

// --- receiving ---

std::uint64_t sim_node::published(std::uint16_t port) const {
  const auto found = published_.find(port);
  return found == published_.end() ? 0 : found->second.id();
}

void sim_node::deliver(const packet& what) {
  trace_.mix(what.receiver);
  switch (what.what) {
  case packet::content::message:
    return deliver_to_actor(what);
  case packet::content::watch:
    return watch(what.receiver, what.from);
  case packet::content::down:
    return drop_for_dead_actor(what);
  }
}

void sim_node::deliver_to_actor(const packet& what) {
  const auto receiver = system_->registry().get<caf::strong_actor_ptr>(what.receiver);
  auto sender = actor_of(what.sender_node, what.sender);
  if (!receiver) {
    if (what.id.is_request())
      caf::detail::sync_request_bouncer{caf::exit_reason::remote_link_unreachable}(sender, what.id);
    return;
  }
  std::vector<caf::strong_actor_ptr> stages;
  caf::message content;
  caf::binary_deserializer source{&unit_, what.bytes};
  const auto failed = source(stages, content);
  expects(!failed, "sim_node: messages between nodes can be read back");
  receiver->enqueue(
      caf::make_mailbox_element(std::move(sender), what.id, std::move(stages), std::move(content)),
      nullptr);
}

caf::strong_actor_ptr sim_node::actor_of(const caf::node_id& node, std::uint64_t actor) {
  if (actor == 0)
    return nullptr;
  if (node == id_)
    return system_->registry().get<caf::strong_actor_ptr>(actor);
  return proxies_->get_or_put(node, actor);
}

void sim_node::watch(std::uint64_t actor, const caf::node_id& observer) {
  const auto watched = system_->registry().get<caf::strong_actor_ptr>(actor);
  if (!watched)
    return send_down(actor, observer, caf::exit_reason::unknown);
  if (watched_.emplace(actor, observer).second)
    watched->get()->attach_functor([this, actor, observer](const caf::error& why) {
      if (!is_dead_)
        send_down(actor, observer, why);
    });
}

void sim_node::send_down(std::uint64_t actor, const caf::node_id& observer, const caf::error& why) {
  packet out;
  out.what = packet::content::down;
  out.from = id_;
  out.to = observer;
  out.sender_node = id_;
  out.sender = actor;
  caf::binary_serializer sink{&unit_, out.bytes};
  auto reason = why;
  const auto failed = sink(reason);
  expects(!failed, "sim_node: a reason can be serialised");
  network_.send(setup_.at, std::move(out));
}

void sim_node::drop_for_dead_actor(const packet& what) {
  caf::error why;
  caf::binary_deserializer source{&unit_, what.bytes};
  const auto failed = source(why);
  expects(!failed, "sim_node: a reason can be read back");
  proxies_->erase(what.sender_node, what.sender, std::move(why));
}

void sim_node::on_disconnected(const caf::node_id& peer) {
  proxies_->erase(peer);
}

// --- dying ---

void sim_node::mark_dead() {
  is_dead_ = true;
  self_.reset();
  outgoing_messages_.clear();
}

sim_node::~sim_node() {
  mark_dead();
  reclaim();
}

/// CAF frees the memory of an actor when it has ended and nobody refers to it. So the dead node's
/// actors are sent home, out of anybody's sight; what stays behind even so is given up.
void sim_node::reclaim() {
  for (const auto& root : roots_)
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  run_out(std::chrono::seconds{60});
  roots_.push_back(transport_);
  for (caf::actor_id number = 1; number <= system_->latest_actor_id(); ++number)
    if (auto exposed = system_->registry().get<caf::strong_actor_ptr>(number))
      roots_.push_back(caf::actor_cast<caf::actor>(exposed));
  for (const auto& root : roots_)
    caf::anon_send_exit(root, caf::exit_reason::kill);
  roots_.clear();
  published_.clear();
  transport_ = nullptr;
  proxies_->clear();
  run_out(std::chrono::seconds{0});
  system_->await_actors_before_shutdown(false);
  if (system_->registry().running() == 0)
    return;
  (void)proxies_.release();
  (void)system_.release();
  (void)config_.release();
}

void sim_node::run_out(std::chrono::seconds span) {
  constexpr std::size_t steps_max = 200'000;
  auto& clock = scheduler_->clock();
  const auto end = clock.current_time + span;
  for (std::size_t steps = 0; steps < steps_max; ++steps) {
    if (scheduler_->try_run_once())
      continue;
    if (!clock.has_pending_timeout() || clock.schedule().begin()->first > end)
      break;
    clock.trigger_timeout();
  }
  clock.cancel_all();
  for (std::size_t steps = 0; steps < steps_max && scheduler_->try_run_once(); ++steps) {
  }
}

} // namespace belfry::sim
