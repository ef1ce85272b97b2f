#include "world/world.hpp"

#include "world/coverage_counts.hpp"

#include "belfry/contract.hpp"

#include <algorithm>

namespace belfry::sim {

namespace {

/// More messages at one instant count as an endless exchange.
constexpr std::uint64_t steps_per_moment_max = 2'000'000;

} // namespace

world::world(world_options options)
    : elapsed_(std::make_shared<world_time>(0)),
      clock_(std::make_shared<sim_clock>(elapsed_, options.start_time)),
      listener_(options.listener), random_(options.seed), trace_(elapsed_),
      network_(options.network, elapsed_, events_, random_, trace_),
      steps_per_second_max_(options.steps_per_second_max) {}

world::~world() {
  events_.clear();
  for (auto& node : nodes_)
    if (node)
      kill(node->name(), crash_kind::process_killed);
}

machine world::machine_of(const std::string& name) {
  const auto found = std::find(machines_.begin(), machines_.end(), name);
  if (found != machines_.end())
    return static_cast<machine>(found - machines_.begin());
  machines_.push_back(name);
  nodes_.emplace_back();
  return static_cast<machine>(machines_.size() - 1);
}

sim_node& world::start(const std::string& name) {
  const auto at = machine_of(name);
  expects(!nodes_[at], "world: no node of that name is running");
  nodes_[at] = std::make_unique<sim_node>(
      node_setup{name, at, ++incarnations_,
                 [this](const std::string& host) { return machine_of(host); }, listener_},
      network_, trace_);
  nodes_[at]->set_time(*elapsed_);
  trace_.record("node.started name=" + name);
  return *nodes_[at];
}

void world::kill(const std::string& name, crash_kind kind) {
  flush();
  auto node = std::move(nodes_[machine_of(name)]);
  if (!node)
    return;
  trace_.record("node.killed name=" + name +
                (kind == crash_kind::power_lost ? " kind=power_lost" : " kind=process_killed"));
  node->mark_dead();
  network_.leave(node->machine_index(), kind == crash_kind::power_lost);
  is_reclaiming_ = true;
  const coverage_paused ignored;
  node.reset();
  is_reclaiming_ = false;
}

sim_node* world::find(const std::string& name) const {
  const auto found = std::find(machines_.begin(), machines_.end(), name);
  return found == machines_.end() ? nullptr : nodes_[found - machines_.begin()].get();
}

std::uint64_t world::run_for(world_time span) {
  const auto before = steps_;
  const auto until = *elapsed_ + span;
  while (step(until)) {
  }
  return steps_ - before;
}

bool world::step(world_time until) {
  flush();
  if (run_actor() || events_.run_next(*elapsed_))
    return true;
  const auto next = next_event();
  if (!next || *next > until) {
    move_to(std::max(*elapsed_, until));
    return false;
  }
  move_to(std::max(*elapsed_, *next));
  for (auto& node : nodes_)
    if (node)
      node->fire_timeouts();
  return true;
}

void world::freeze(const std::string& name, world_time span) {
  auto* node = find(name);
  if (!node)
    return;
  node->freeze(*elapsed_ + span);
  const auto at = machine_of(name);
  for (machine other = 0; other < machines_.size(); ++other) {
    if (other == at)
      continue;
    network_.block(at, other);
    after(span, [this, at, other] { network_.unblock(at, other); });
  }
}

void world::flush() {
  for (auto& node : nodes_)
    if (node)
      node->flush();
}

bool world::run_actor() {
  std::size_t ready = 0;
  for (const auto& node : nodes_)
    ready += node ? node->runnable_count() : 0;
  if (ready == 0)
    return false;
  auto chosen = random_.below(ready);
  for (auto& node : nodes_) {
    const auto here = node ? node->runnable_count() : 0;
    if (chosen < here) {
      ++steps_;
      expects(steps_ - steps_before_ < steps_per_moment_max &&
                  steps_ - steps_before_second_ <= steps_per_second_max_,
              "world: time advances; actors exchange messages endlessly");
      node->run(chosen);
      return true;
    }
    chosen -= here;
  }
  return false;
}

std::optional<world_time> world::next_event() const {
  auto next = events_.next();
  for (const auto& node : nodes_) {
    const auto event = node ? node->next_event() : std::nullopt;
    if (event && (!next || *event < *next))
      next = event;
  }
  return next;
}

void world::move_to(world_time moment) {
  trace_.record_hashed(static_cast<std::uint64_t>(moment.count()));
  if (moment / std::chrono::seconds{1} != *elapsed_ / std::chrono::seconds{1})
    steps_before_second_ = steps_;
  steps_before_ = steps_;
  *elapsed_ = moment;
  for (auto& node : nodes_)
    if (node)
      node->set_time(moment);
}

} // namespace belfry::sim
