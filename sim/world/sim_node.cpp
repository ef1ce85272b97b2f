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
  return caf::actor_clock::time_point{now + caf_clock_start};
}

} // namespace

void sim_node::serial_unit::begin(caf::actor_system& system, caf::proxy_registry& proxies,
                                  caf::scheduler::test_coordinator& coordinator) {
  system_ = &system;
  proxies_ = &proxies;
  scheduler = &coordinator;
}

sim_node::sim_node(node_setup setup, sim_network& network, trace& run_trace)
    : setup_(std::move(setup)), network_(network), trace_(run_trace),
      id_(make_node_identity(setup_.machine_index, setup_.incarnation)),
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
  network_.join(setup_.machine_index, *this);
}

void sim_node::publish(const caf::actor& target, std::uint16_t port) {
  system_->registry().put(target.id(), target);
  published_[port] = target;
}

// --- running ---

std::size_t sim_node::runnable_count() const {
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
  const auto* actor = dynamic_cast<const caf::scheduled_actor*>(job);
  return actor && actor->id() == slow_actor_;
}

/// The position in the job queue of the `ready`th actor that can run.
std::size_t sim_node::position_of(std::size_t ready) const {
  if (now_ >= busy_until_)
    return ready;
  const auto& all = scheduler_->jobs;
  std::size_t position = 0;
  for (; is_held(all[position]) || ready > 0; ++position)
    ready -= is_held(all[position]) ? 0 : 1;
  return position;
}

void sim_node::slow_down(world_time cost, caf::actor_id target) {
  message_cost_ = cost;
  slow_actor_ = target;
  busy_until_ = now_;
}

void sim_node::run(std::size_t ready) {
  auto& jobs = scheduler_->jobs;
  const auto chosen = jobs.begin() + static_cast<std::ptrdiff_t>(position_of(ready));
  std::rotate(jobs.begin(), chosen, chosen + 1);
  trace_.record_hashed(setup_.machine_index);
  auto* actor = dynamic_cast<caf::scheduled_actor*>(jobs.front());
  if (actor) {
    trace_.record_hashed(actor->id());
    if (message_cost_ > world_time{0} &&
        (slow_actor_ == caf::invalid_actor_id || slow_actor_ == actor->id()))
      busy_until_ = now_ + message_cost_;
    if (auto* next = actor->peek_at_next_mailbox_element()) {
      trace_.record_hashed(next->content().type_token());
      if (setup_.listener)
        setup_.listener->on_handle(setup_.name, *actor, next->content());
    }
  }
  if (setup_.listener)
    setup_.listener->run(setup_.name, actor, *scheduler_);
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
      caf_clock_start;
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

/// CAF frees the memory of an actor once it has ended and is no longer referenced. So the dead
/// node's actors are stopped here, unobserved; memory that remains referenced is leaked.
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
