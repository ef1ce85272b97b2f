#pragma once

#include "belfry/clock.hpp"
#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "link/link_connection.hpp"
#include "link/refusal_log.hpp"
#include "os/link/link_acceptor.hpp"
#include "os/link/transport_credentials.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace belfry {

struct node_acceptor_options {
  node_address place; ///< where to listen
  std::shared_ptr<const transport_credentials> credentials;
  std::shared_ptr<const clock> time; ///< of the log
  link_limits limits{};
};

/// The port of a node: whoever proves who it is meets the router, nobody else gets as far as CAF.
/// Whoever is refused is logged.
class node_acceptor {
public:
  /// Requires: `system` outlives the gate. Fails as `link_acceptor::open`.
  [[nodiscard]] static result<std::unique_ptr<node_acceptor>>
  open(caf::actor_system& system, const caf::actor& router, node_acceptor_options options);

  /// Lets nobody in any more. Connections that stand go on.
  ~node_acceptor() = default;
  node_acceptor(const node_acceptor&) = delete;
  node_acceptor& operator=(const node_acceptor&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_->port(); }

private:
  explicit node_acceptor(std::shared_ptr<const clock> time) : refused_(std::move(time)) {}

  refusal_log refused_; // The acceptor's thread uses it.
  std::unique_ptr<link_acceptor> acceptor_;
};

} // namespace belfry
