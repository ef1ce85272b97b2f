#pragma once

#include "belfry/clock.hpp"
#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "link/link_connection.hpp"
#include "os/link/link_acceptor.hpp"
#include "os/link/transport_credentials.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace belfry {

struct node_acceptor_options {
  node_address address; ///< where to listen
  std::shared_ptr<const transport_credentials> credentials;
  std::shared_ptr<const clock> time; ///< for the log of refused peers
  link_limits limits{};
};

/// The port of a node in terms of actors: makes the node's router reachable over CAF's network
/// layer for authenticated peers only. A refused peer never reaches CAF, and is logged; so is a
/// peer that is disconnected later.
///
/// `link_acceptor`, which this class owns, is the layer below: it knows sockets, handshakes and
/// credentials, but neither actors nor logs.
class node_acceptor {
public:
  /// Requires: `system` outlives the acceptor. Fails as `link_acceptor::open`.
  [[nodiscard]] static result<std::unique_ptr<node_acceptor>>
  open(caf::actor_system& system, const caf::actor& router, node_acceptor_options options);

  /// Accepts no more connections. Established ones stay open.
  ~node_acceptor() = default;
  node_acceptor(const node_acceptor&) = delete;
  node_acceptor& operator=(const node_acceptor&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_->port(); }

private:
  node_acceptor() = default;

  std::unique_ptr<link_acceptor> acceptor_;
};

} // namespace belfry
