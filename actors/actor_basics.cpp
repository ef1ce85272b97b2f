#include "actor_basics.hpp"

namespace belfry {

void guard(caf::event_based_actor* self) {
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler([](caf::down_msg&) {});
}

} // namespace belfry
