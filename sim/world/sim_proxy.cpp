#include "world/sim_proxy.hpp"

#include <caf/mailbox_element.hpp>

#include <utility>

namespace belfry::sim {

void sim_proxy::enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) {
  if (is_cut_off_)
    return out_->drop(what->move_content_to_message());
  out_->send_remote({std::move(what->sender), node(), id(), what->mid, std::move(what->stages),
                     what->move_content_to_message()});
}

void sim_proxy::kill_proxy(caf::execution_unit* unit, caf::error why) {
  is_cut_off_ = true;
  cleanup(std::move(why), unit);
}

} // namespace belfry::sim
