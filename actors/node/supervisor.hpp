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
  std::function<caf::actor(caf::actor_system&)> start; ///< called for each incarnation of the child
  restart_limits limits{};
  bool is_on_demand = false; ///< runs only while the latest `set_desired_children` names it
};

/// Starts a supervisor, which starts the children in order. A child that ends, for whatever reason,
/// is restarted after a pause; the others keep running meanwhile.
///
/// Every child receives `child_started` for every running child of another name, when it starts and
/// whenever one of them does.
///
/// An on-demand child is started and stopped as the latest `set_desired_children` says. The sender
/// of that receives `running_children`, and `child_terminated` when a child is fenced, has used up
/// its restart budget or failed permanently. The other children are not affected, and another
/// `set_desired_children` that names the child starts it again.
///
/// When any other child has used up its restart budget or failed permanently, the supervisor ends
/// with an error that names the child and the reason. It ends with the reason of any exit message
/// that it receives. Either way it first stops the children, the last one first, one after another.
/// If it is killed, so are they.
[[nodiscard]] caf::actor spawn_supervisor(caf::actor_system& system, std::vector<child_spec> specs);

} // namespace belfry
