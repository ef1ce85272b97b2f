#include "world/sim_node.hpp"

#include "belfry/contract.hpp"

#include <caf/actor_registry.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/detail/sync_request_bouncer.hpp>
#include <caf/send.hpp>

namespace belfry::sim {

// --- sending ---

void sim_node::send_remote(outgoing_message message) {
  if (!is_dead_)
    outgoing_messages_.push_back(std::move(message));
}

void sim_node::drop(const caf::message& message) {
  if (!is_dead_ && setup_.listener)
    setup_.listener->on_send(setup_.name, message);
}

void sim_node::flush() {
  while (!outgoing_messages_.empty())
    for (auto& message : std::exchange(outgoing_messages_, {}))
      transmit(message);
}

void sim_node::transmit(outgoing_message& message) {
  if (setup_.listener)
    setup_.listener->on_send(setup_.name, message.content);
  packet out;
  out.source = id_;
  out.destination = message.destination;
  out.receiver = message.receiver;
  out.id = message.id;
  if (message.sender) {
    out.sender_node = message.sender->node();
    out.sender = message.sender->id();
    if (out.sender_node == id_)
      system_->registry().put(message.sender->id(), message.sender);
  }
  caf::binary_serializer sink{&unit_, out.bytes};
  const auto failed = sink(message.stages, message.content);
  expects(!failed, "sim_node: messages between nodes can be serialised");
  network_.send(setup_.machine_index, std::move(out));
}

caf::strong_actor_ptr sim_node::make_proxy(caf::node_id node, caf::actor_id actor) {
  if (!node || actor == caf::invalid_actor_id)
    return nullptr;
  caf::actor_config config;
  auto proxy =
      caf::make_actor<sim_proxy, caf::strong_actor_ptr>(actor, node, system_.get(), config, *this);
  packet out;
  out.kind = packet::type::watch;
  out.source = id_;
  out.destination = std::move(node);
  out.receiver = actor;
  if (!is_dead_)
    network_.send(setup_.machine_index, std::move(out));
  return proxy;
}

void sim_node::dial(const std::string& host, std::uint16_t port, std::uint64_t number) {
  if (is_dead_)
    return;
  network_.connect(setup_.machine_index, setup_.resolve(host), port,
                   [self = std::weak_ptr{self_}, number](std::optional<published_actor> found) {
                     const auto alive = self.lock();
                     if (!alive)
                       return;
                     auto& node = **alive;
                     caf::strong_actor_ptr actor;
                     if (found)
                       actor = node.proxies_->get_or_put(found->process, found->actor);
                     caf::anon_send(node.transport_, caf::ok_atom::value, number,
                                    found ? found->process : caf::node_id{}, actor);
                   });
}

// --- receiving ---

std::uint64_t sim_node::published(std::uint16_t port) const {
  const auto found = published_.find(port);
  return found == published_.end() ? 0 : found->second.id();
}

void sim_node::deliver(const packet& incoming) {
  trace_.record_hashed(incoming.receiver);
  switch (incoming.kind) {
  case packet::type::message:
    return deliver_to_actor(incoming);
  case packet::type::watch:
    return watch(incoming.receiver, incoming.source);
  case packet::type::down:
    return drop_for_dead_actor(incoming);
  }
}

void sim_node::deliver_to_actor(const packet& incoming) {
  const auto receiver = system_->registry().get<caf::strong_actor_ptr>(incoming.receiver);
  auto sender = actor_of(incoming.sender_node, incoming.sender);
  if (!receiver) {
    if (incoming.id.is_request())
      caf::detail::sync_request_bouncer{caf::exit_reason::remote_link_unreachable}(sender,
                                                                                   incoming.id);
    return;
  }
  std::vector<caf::strong_actor_ptr> stages;
  caf::message content;
  caf::binary_deserializer source{&unit_, incoming.bytes};
  const auto failed = source(stages, content);
  expects(!failed, "sim_node: messages between nodes can be read back");
  receiver->enqueue(caf::make_mailbox_element(std::move(sender), incoming.id, std::move(stages),
                                              std::move(content)),
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
    watched->get()->attach_functor([this, actor, observer](const caf::error& reason) {
      if (!is_dead_)
        send_down(actor, observer, reason);
    });
}

void sim_node::send_down(std::uint64_t actor, const caf::node_id& observer,
                         const caf::error& reason) {
  packet out;
  out.kind = packet::type::down;
  out.source = id_;
  out.destination = observer;
  out.sender_node = id_;
  out.sender = actor;
  caf::binary_serializer sink{&unit_, out.bytes};
  auto copy = reason;
  const auto failed = sink(copy);
  expects(!failed, "sim_node: a reason can be serialised");
  network_.send(setup_.machine_index, std::move(out));
}

void sim_node::drop_for_dead_actor(const packet& incoming) {
  caf::error reason;
  caf::binary_deserializer source{&unit_, incoming.bytes};
  const auto failed = source(reason);
  expects(!failed, "sim_node: a reason can be read back");
  proxies_->erase(incoming.sender_node, incoming.sender, std::move(reason));
}

void sim_node::on_disconnected(const caf::node_id& peer) {
  proxies_->erase(peer);
}

} // namespace belfry::sim
