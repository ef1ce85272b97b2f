#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace belfry::sim {

/// Connects to a host and port, and sends the transport `(ok_atom, number, node, actor)`; the
/// actor is null if the connection failed.
using dialler =
    std::function<void(const std::string& host, std::uint16_t port, std::uint64_t number)>;

/// Starts an actor that answers `(connect_atom, host, port)` as CAF's middleman does.
[[nodiscard]] caf::actor spawn_transport(caf::actor_system& system, dialler dial);

} // namespace belfry::sim
