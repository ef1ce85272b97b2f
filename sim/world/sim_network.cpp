#include "world/sim_network.hpp"

#include <algorithm>

namespace belfry::sim {

void sim_network::join(machine at, endpoint& process) {
  processes_[at] = &process;
}

void sim_network::leave(machine at, bool is_machine_gone) {
  processes_.erase(at);
  for (auto& [ends, over] : links_)
    if (ends.first == at || ends.second == at)
      close(ends, is_machine_gone ? options_.notice : world_time{0});
}

void sim_network::send(machine from, packet what) {
  for (const auto& [at, process] : processes_) {
    if (process->id() != what.to || at == from)
      continue;
    const auto ends = between(from, at);
    if (auto found = links_.find(ends); found != links_.end() && found->second.is_open)
      launch(ends, found->second, std::move(what));
    return;
  }
}

void sim_network::launch(pair ends, link& over, packet what) {
  ++packets_;
  auto& last = over.last_arrival[what.to == over.processes[0] ? 0 : 1];
  last = std::max(last, *now_ + latency());
  plan_.add(last, [this, ends, epoch = over.epoch, what = std::move(what)]() mutable {
    arrive(ends, epoch, std::move(what));
  });
}

void sim_network::arrive(pair ends, std::uint64_t epoch, packet what) {
  auto& over = links_.at(ends);
  if (over.epoch != epoch)
    return;
  const bool is_to_first = what.to == over.processes[0];
  if (over.is_held[is_to_first ? 0 : 1]) {
    over.held.push_back(std::move(what));
    return;
  }
  auto* process = process_on(is_to_first ? ends.first : ends.second);
  if (process)
    process->deliver(what);
}

void sim_network::connect(machine from, machine to, std::uint16_t port,
                          std::function<void(std::optional<published_actor>)> answered) {
  const auto ends = between(from, to);
  if (links_[ends].is_blocked) {
    plan_.add(*now_ + options_.connect_timeout, [answered] { answered(std::nullopt); });
    return;
  }
  plan_.add(*now_ + latency() + latency(), [this, ends, from, to, port, answered] {
    const auto* peer = process_on(to);
    if (!peer || !process_on(from) || links_[ends].is_blocked || peer->published(port) == 0)
      return answered(std::nullopt);
    open(ends);
    answered(published_actor{peer->id(), peer->published(port)});
  });
}

void sim_network::open(pair ends) {
  auto& over = links_[ends];
  if (over.is_open)
    return;
  // A process learns that the old connection is gone before it takes a new one from the same peer.
  while (!over.undetected_losses.empty())
    notice(ends, over.undetected_losses.begin()->first);
  over.is_open = true;
  ++over.epoch;
  over.processes = {process_on(ends.first)->id(), process_on(ends.second)->id()};
  over.last_arrival = {};
}

void sim_network::close(pair ends, world_time delay) {
  auto& over = links_.at(ends);
  if (!over.is_open)
    return;
  over.is_open = false;
  ++over.epoch;
  over.held.clear();
  const std::array<machine, 2> machines{ends.first, ends.second};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto number = ++losses_;
    over.undetected_losses[number] = {machines[i], over.processes[i], over.processes[1 - i]};
    plan_.add(*now_ + delay + latency(), [this, ends, number] { notice(ends, number); });
  }
}

void sim_network::notice(pair ends, std::uint64_t number) {
  auto entry = links_.at(ends).undetected_losses.extract(number);
  if (entry.empty())
    return;
  const auto& what = entry.mapped();
  auto* process = process_on(what.whose);
  if (!process || process->id() != what.process)
    return;
  trace_.mix(number);
  process->on_disconnected(what.peer);
}

void sim_network::cut(machine one, machine other) {
  const auto ends = between(one, other);
  if (links_.contains(ends))
    close(ends, world_time{0});
}

void sim_network::block(machine one, machine other) {
  block_one_way(one, other);
  block_one_way(other, one);
}

void sim_network::block_one_way(machine one, machine other) {
  const auto ends = between(one, other);
  auto& over = links_[ends];
  over.is_held[other == ends.first ? 0 : 1] = true;
  if (std::exchange(over.is_blocked, true))
    return; // It is noticed as early as if this one had not begun.
  plan_.add(*now_ + options_.notice, [this, ends, number = ++over.blocks] {
    const auto& then = links_.at(ends);
    if (then.is_blocked && then.blocks == number)
      close(ends, world_time{0});
  });
}

void sim_network::unblock(machine one, machine other) {
  const auto ends = between(one, other);
  auto& over = links_[ends];
  over.is_blocked = false;
  over.is_held = {};
  // They are due already; what is still under way was sent after them.
  for (auto& what : std::exchange(over.held, {}))
    arrive(ends, over.epoch, std::move(what));
}

endpoint* sim_network::process_on(machine at) const {
  const auto found = processes_.find(at);
  return found == processes_.end() ? nullptr : found->second;
}

world_time sim_network::latency() {
  const auto span =
      static_cast<std::uint64_t>((options_.latency_max - options_.latency_min).count());
  const world_time drawn{static_cast<std::int64_t>(random_.below(span + 1))};
  return (options_.latency_min + drawn) * latency_factor_;
}

} // namespace belfry::sim
