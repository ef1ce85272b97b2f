#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/actor_proxy.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>

#include <vector>

namespace belfry::sim {

/// A message that leaves a process.
struct outgoing_message {
  caf::strong_actor_ptr sender;
  caf::node_id destination;
  caf::actor_id receiver = 0;
  caf::message_id id;
  std::vector<caf::strong_actor_ptr> stages;
  caf::message content;
};

/// Receives the messages that are sent to proxies.
class message_sink {
public:
  virtual ~message_sink() = default;
  virtual void send_remote(outgoing_message message) = 0;
  /// Takes a message whose receiver is known to have ended.
  virtual void drop(const caf::message& message) = 0;
};

/// Stands for an actor of another process, as the proxies of CAF's network layer do.
///
/// It passes messages on unserialised: its caller may hold locks that serialisation needs.
class sim_proxy : public caf::actor_proxy {
public:
  sim_proxy(caf::actor_config& config, message_sink& out) : caf::actor_proxy(config), out_(&out) {}

  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit* unit) override;
  /// From now on messages are dropped; monitors receive `reason`.
  void kill_proxy(caf::execution_unit* unit, caf::error reason) override;

private:
  message_sink* out_;
  bool is_dead_ = false;
};

} // namespace belfry::sim
