#include "world/sim_proxy.hpp"

#include <caf/mailbox_element.hpp>

#include <utility>

namespace belfry::sim {

void sim_proxy::enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) {
  if (is_dead_)
    return out_->drop(element->move_content_to_message());
  out_->send_remote({std::move(element->sender), node(), id(), element->mid,
                     std::move(element->stages), element->move_content_to_message()});
}

void sim_proxy::kill_proxy(caf::execution_unit* unit, caf::error reason) {
  is_dead_ = true;
  cleanup(std::move(reason), unit);
}

} // namespace belfry::sim
