#pragma once

#include "belfry/actors/protocol.hpp"
#include "client_inbox.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/error.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace belfry {

/// How a client finds its cluster, and its limits.
struct client_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = default_port;
  std::string cluster;         ///< empty: whichever answers
  std::uint64_t seed = 1;      ///< of the client's id and of the pauses before it connects again
  caf::actor transport;        ///< answers `connect_atom`; none: the system's middleman
  std::size_t batch_max = 512; ///< tasks per Submit
  std::size_t bytes_max = 256 * 1024; ///< and their size, about
  duration tick{200};                 ///< how exactly time limits are kept
  duration resend{5'000};             ///< a Submit or Request unanswered for so long is sent again
  duration backoff_min{100};          ///< between two tries to connect; doubles
  duration backoff_max{5'000};
  duration connect_limit{10'000};      ///< for the connection, and again for the gateway's Welcome
  std::shared_ptr<client_inbox> inbox; ///< calls from outside actors; none: only messages
};

/// Starts a client. It connects to the gateway that is published at `host` and `port`, again and
/// again if it must, and then sends what is open once more.
///
/// Other actors send it `(submit_atom, task_spec)`; the answer is a `submitted` or, for a refused
/// task, the error `to_error` makes. Ends when an exit message comes; what is open fails with
/// `errc::cancelled`.
[[nodiscard]] caf::actor spawn_client(caf::actor_system& system, client_options options);

/// A failure as CAF carries it, and back; an error of CAF's own becomes `errc::unavailable` without
/// a text.
[[nodiscard]] caf::error to_error(const failure& why);
[[nodiscard]] failure to_failure(const caf::error& why);

/// Inbox -> client: there are calls.
using drain_atom = caf::atom_constant<caf::atom("drain")>;

} // namespace belfry

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::submitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(belfry::task_spec)
