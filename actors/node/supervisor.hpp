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
struct child_spec {
  std::string name;
  std::uint16_t index = 0;                             ///< among the children of this name
  std::function<caf::actor(caf::actor_system&)> start; ///< called for every life of the child
  restart_limits limits;
  bool is_on_demand = false; ///< lives only while a `set_desired_children` names it
};

/// Starts a supervisor, which starts the children in order. A child that ends, for whatever reason,
/// is started anew after a pause, and the others go on meanwhile.
///
/// Every child hears `child_started` of every other, those of its own name excepted, when it
/// starts and whenever one of them does.
///
/// A child on call is started and ended as the latest `set_desired_children` says. Whoever sent
/// that hears which of them live, and `child_terminated` when one is fenced, or has used up its
/// restarts or is beyond repair, which costs the others nothing: another `set_desired_children`
/// that names it gives it a new start.
///
/// Ends with an error that tells why when any other child has used up its restarts or is beyond
/// repair.
/// Ends with the reason of any exit message that is sent to it. Either way it first ends the
/// children, the last one first, each after the one before has ended. If it is killed, they are
/// too.
[[nodiscard]] caf::actor spawn_supervisor(caf::actor_system& system, std::vector<child_spec> specs);

} // namespace belfry
