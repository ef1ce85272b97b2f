#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/actor_proxy.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>

#include <vector>

namespace belfry::sim {

/// A message on its way out of a process.
struct outgoing_message {
  caf::strong_actor_ptr sender;
  caf::node_id to;
  caf::actor_id to_actor = 0;
  caf::message_id id;
  std::vector<caf::strong_actor_ptr> stages;
  caf::message content;
};

/// Where proxies put what is sent to them.
class message_sink {
public:
  virtual ~message_sink() = default;
  virtual void send_remote(outgoing_message what) = 0;
  /// What is sent to somebody who is known to be gone.
  virtual void drop(const caf::message& what) = 0;
};

/// Stands for an actor of another process, as those of CAF's network layer do.
///
/// It only collects: a proxy may be sent to while locks are held that serialising needs.
class sim_proxy : public caf::actor_proxy {
public:
  sim_proxy(caf::actor_config& config, message_sink& out) : caf::actor_proxy(config), out_(&out) {}

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) override;
  /// From now on messages are dropped; monitors hear `why`.
  void kill_proxy(caf::execution_unit* unit, caf::error why) override;

private:
  message_sink* out_;
  bool is_cut_off_ = false;
};

} // namespace belfry::sim
