#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/node_id.hpp>

#include <cstdint>

namespace belfry {

/// The identity of one incarnation of a process, for CAF. `entropy` makes it unique: random bits in
/// production, the same from run to run in a simulation.
///
/// CAF 0.17.6 derives its own from the machine and the process id. Two processes with the process
/// id 1 in two containers would then look like one, and a restarted process like the old one.
[[nodiscard]] caf::node_id make_node_identity(std::uint64_t entropy, std::uint64_t more_entropy);

/// Sets the identity of actor systems that are constructed with `config` from now on.
void set_node_identity(caf::actor_system_config& config, caf::node_id id);

} // namespace belfry
