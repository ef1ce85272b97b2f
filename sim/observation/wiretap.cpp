#include "observation/wiretap.hpp"

#include "base/local_messages.hpp"
#include "belfry/actors/protocol.hpp"
#include "observation/history.hpp"
#include "wire/envelope.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>

namespace belfry::sim {

void wiretap::on_handle(const std::string& node, const caf::scheduled_actor& receiver,
                        const caf::type_erased_tuple& message) {
  if (message.match_elements<child_started>() && node.starts_with(server_)) {
    const auto& started = message.get_as<child_started>(0);
    children_[node][{started.name, started.index}] = started.child.address();
    return;
  }
  if (!history_)
    return;
  if (message.match_elements<caf::down_msg>() &&
      message.get_as<caf::down_msg>(0).reason == caf::sec::runtime_error)
    history_->record(actor_threw{"node=" + node + " observed by " + std::to_string(receiver.id())});
  if (message.match_elements<caf::exit_msg>() &&
      message.get_as<caf::exit_msg>(0).reason == caf::sec::runtime_error)
    history_->record(actor_threw{"node=" + node + " observed by " + std::to_string(receiver.id())});
}

void wiretap::on_send(const std::string& node, const caf::message& message) {
  if (!history_ || !node.starts_with(server_) || !message.match_elements<grant_atom, envelope>())
    return;
  wire::Grant grant;
  if (!wire::open(message.get_as<envelope>(1).bytes, grant))
    return;
  for (const auto& run : grant.runs())
    history_->record(run_granted{{run.task()}, {run.token()}, run.attempt()});
}

caf::actor wiretap::child(const std::string& node, const std::string& name,
                          std::uint16_t index) const {
  const auto of_node = children_.find(node);
  if (of_node == children_.end())
    return {};
  const auto found = of_node->second.find({name, index});
  return found == of_node->second.end() ? caf::actor{} : caf::actor_cast<caf::actor>(found->second);
}

} // namespace belfry::sim
