#include "world/sim_network.hpp"

#include <algorithm>

namespace belfry::sim {

void sim_network::join(machine host, endpoint& process) {
  processes_[host] = &process;
}

void sim_network::leave(machine host, bool is_machine_gone) {
  processes_.erase(host);
  for (auto& [ends, connection] : links_)
    if (ends.first == host || ends.second == host)
      close(ends, is_machine_gone ? options_.loss_detection_timeout : world_time{0});
}

void sim_network::send(machine source, packet carried) {
  for (const auto& [host, process] : processes_) {
    if (process->id() != carried.destination || host == source)
      continue;
    const auto ends = between(source, host);
    if (auto found = links_.find(ends); found != links_.end() && found->second.is_open)
      launch(ends, found->second, std::move(carried));
    return;
  }
}

void sim_network::launch(pair ends, link& connection, packet carried) {
  ++packets_;
  auto& last = connection.last_arrival[carried.destination == connection.processes[0] ? 0 : 1];
  last = std::max(last, *now_ + latency());
  events_.add(last, [this, ends, epoch = connection.epoch, carried = std::move(carried)]() mutable {
    arrive(ends, epoch, std::move(carried));
  });
}

void sim_network::arrive(pair ends, std::uint64_t epoch, packet carried) {
  auto& connection = links_.at(ends);
  if (connection.epoch != epoch)
    return;
  const bool is_to_first = carried.destination == connection.processes[0];
  if (connection.is_held[is_to_first ? 0 : 1]) {
    connection.held.push_back(std::move(carried));
    return;
  }
  auto* process = process_on(is_to_first ? ends.first : ends.second);
  if (process)
    process->deliver(carried);
}

void sim_network::connect(machine source, machine destination, std::uint16_t port,
                          std::function<void(std::optional<published_actor>)> on_answer) {
  const auto ends = between(source, destination);
  if (links_[ends].is_blocked) {
    events_.add(*now_ + options_.connect_timeout, [on_answer] { on_answer(std::nullopt); });
    return;
  }
  events_.add(*now_ + latency() + latency(), [this, ends, source, destination, port, on_answer] {
    const auto* peer = process_on(destination);
    if (!peer || !process_on(source) || links_[ends].is_blocked || peer->published(port) == 0)
      return on_answer(std::nullopt);
    open(ends);
    on_answer(published_actor{peer->id(), peer->published(port)});
  });
}

void sim_network::open(pair ends) {
  auto& connection = links_[ends];
  if (connection.is_open)
    return;
  // A process detects the loss of the old connection before it accepts a new one from that peer.
  while (!connection.undetected_losses.empty())
    detect_loss(ends, connection.undetected_losses.begin()->first);
  connection.is_open = true;
  ++connection.epoch;
  connection.processes = {process_on(ends.first)->id(), process_on(ends.second)->id()};
  connection.last_arrival = {};
}

void sim_network::close(pair ends, world_time delay) {
  auto& connection = links_.at(ends);
  if (!connection.is_open)
    return;
  connection.is_open = false;
  ++connection.epoch;
  connection.held.clear();
  const std::array<machine, 2> machines{ends.first, ends.second};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto number = ++losses_;
    connection.undetected_losses[number] = {machines[i], connection.processes[i],
                                            connection.processes[1 - i]};
    events_.add(*now_ + delay + latency(), [this, ends, number] { detect_loss(ends, number); });
  }
}

void sim_network::detect_loss(pair ends, std::uint64_t number) {
  auto entry = links_.at(ends).undetected_losses.extract(number);
  if (entry.empty())
    return;
  const auto& detected = entry.mapped();
  auto* process = process_on(detected.host);
  if (!process || process->id() != detected.process)
    return;
  trace_.record_hashed(number);
  process->on_disconnected(detected.peer);
}

void sim_network::cut(machine first, machine second) {
  const auto ends = between(first, second);
  if (links_.contains(ends))
    close(ends, world_time{0});
}

void sim_network::block(machine first, machine second) {
  block_one_way(first, second);
  block_one_way(second, first);
}

void sim_network::block_one_way(machine first, machine second) {
  const auto ends = between(first, second);
  auto& connection = links_[ends];
  connection.is_held[second == ends.first ? 0 : 1] = true;
  if (std::exchange(connection.is_blocked, true))
    return; // The first block decides when the connection counts as broken.
  events_.add(*now_ + options_.loss_detection_timeout, [this, ends, number = ++connection.blocks] {
    const auto& current = links_.at(ends);
    if (current.is_blocked && current.blocks == number)
      close(ends, world_time{0});
  });
}

void sim_network::unblock(machine first, machine second) {
  const auto ends = between(first, second);
  auto& connection = links_[ends];
  connection.is_blocked = false;
  connection.is_held = {};
  // The held packets are due already; packets still in flight were sent after them.
  for (auto& carried : std::exchange(connection.held, {}))
    arrive(ends, connection.epoch, std::move(carried));
}

endpoint* sim_network::process_on(machine host) const {
  const auto found = processes_.find(host);
  return found == processes_.end() ? nullptr : found->second;
}

world_time sim_network::latency() {
  const auto span =
      static_cast<std::uint64_t>((options_.latency_max - options_.latency_min).count());
  const world_time drawn{static_cast<std::int64_t>(random_.below(span + 1))};
  return (options_.latency_min + drawn) * latency_factor_;
}

} // namespace belfry::sim
