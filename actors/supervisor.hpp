#pragma once

#include "supervision/restart_budget.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace belfry {

/// One child of a supervisor.
struct child_plan {
  std::string name;
  std::uint16_t index = 0;                             ///< among the children of this name
  std::function<caf::actor(caf::actor_system&)> start; ///< called for every life of the child
  restart_limits limits;
};

/// Starts a supervisor, which starts the children in order. A child that ends, for whatever reason,
/// is started anew after a pause, and the others go on meanwhile.
///
/// Every child hears `child_started` of every other, those of its own name excepted, when it
/// starts and whenever one of them does.
///
/// Ends with an error that tells why when a child has used up its restarts or is beyond repair.
/// Ends with the reason of any exit message that is sent to it. Either way it first ends the
/// children, the last one first, each after the one before has ended. If it is killed, they are
/// too.
[[nodiscard]] caf::actor spawn_supervisor(caf::actor_system& system, std::vector<child_plan> plans);

} // namespace belfry
