#pragma once

#include "belfry/actors/caf_error.hpp"
#include "belfry/actors/protocol.hpp"
#include "belfry/client.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>

#include <cstdint>
#include <string>

namespace belfry {

/// The request for the end of a task.
using await_atom = caf::atom_constant<caf::atom("await")>;

/// Prepares an actor system of the caller to talk to belfry: its message types, CAF's network
/// module with heartbeats, and an identity that no process in another container shares. Must be
/// called before the system is made of `config`.
void configure(caf::actor_system_config& config);

/// Starts a client in an actor system of the caller's. It connects to the node at `host` and
/// `port`, repeatedly if it must, and then resends what is open.
///
/// It answers the requests
///
/// - `(submit_atom, task_spec)`: the answer is a `submitted`, once the task is as durable as its
///   queue asks;
/// - `(await_atom, task_id)`: the answer is a `task_info`, once the task is settled.
///
/// A refused request is answered with an error that `to_failure` reads. Requests may come before
/// there is a connection and wait for it. Ends when an exit message comes; what is open fails with
/// `errc::cancelled`.
///
/// Without `security` the node must run as this user on this machine. If its files cannot be used,
/// the client never connects; requests fail with the reason when they time out.
///
/// Requires: the system's configuration went through `configure`.
[[nodiscard]] caf::actor spawn_client(caf::actor_system& system, std::string host,
                                      std::uint16_t port = default_port,
                                      const link_security& security = {});

} // namespace belfry

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::submitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::task_spec)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::task_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::task_info)
