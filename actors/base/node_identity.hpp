#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/node_id.hpp>

#include <cstdint>

namespace belfry {

/// The identity of one life of one process, for CAF. `entropy` makes it unique: random bits in
/// production, the same from run to run in a simulation.
///
/// CAF 0.17.6 derives its own from the machine and the process id, so that two processes in two
/// containers with the process id 1 take each other for one, and a restarted process for the old.
[[nodiscard]] caf::node_id make_node_identity(std::uint64_t entropy, std::uint64_t more_entropy);

/// Gives `id` to the actor systems that are constructed with `config` from now on.
void set_node_identity(caf::actor_system_config& config, caf::node_id id);

} // namespace belfry
