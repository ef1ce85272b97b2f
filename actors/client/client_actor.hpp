#pragma once

#include "belfry/actors/client_actor.hpp"
#include "client/client_inbox.hpp"

#include <caf/actor_system.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// How a client finds its cluster, and its limits.
struct client_options {
  std::vector<node_address> addresses{{"127.0.0.1", default_port}}; ///< of some nodes; any will do
  caf::actor router;      ///< of the caller's own node, in place of `addresses`
  std::string cluster;    ///< empty: whichever answers
  std::uint64_t seed = 1; ///< of the client's id and of the back-off between connection attempts
  caf::actor transport;   ///< answers `connect_atom`; none: the system's middleman
  std::size_t batch_max = 512;        ///< tasks per Submit
  std::size_t bytes_max = 256 * 1024; ///< and their size, about
  duration tick{200};                 ///< precision of time limits
  duration resend{5'000};             ///< a Submit or Request unanswered for this long is resent
  bool may_defer = true;              ///< to outboxes, tasks of queues that accept anywhere
  duration defer_after{1'000};        ///< if their shard does not answer for this long
  duration backoff_min{100};          ///< between two attempts to connect; doubles
  duration backoff_max{5'000};
  duration connect_timeout{10'000};    ///< for the connection, and again for the router's Welcome
  std::shared_ptr<client_inbox> inbox; ///< calls from outside actors; none: only messages
};

/// Starts a client, as the public one, with limits and connections of the caller's choice.
[[nodiscard]] caf::actor spawn_client(caf::actor_system& system, client_options options);

/// Inbox -> client: there are calls.
using inbox_ready_atom = caf::atom_constant<caf::atom("inboxready")>;

} // namespace belfry
