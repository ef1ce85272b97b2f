#pragma once

#include "belfry/clock.hpp"
#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "link/link_scribe.hpp"
#include "link/refusal_log.hpp"
#include "os/link/link_acceptor.hpp"
#include "os/link/link_keys.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace belfry {

struct gate_options {
  node_place place; ///< where to listen
  std::shared_ptr<const link_keys> keys;
  std::shared_ptr<const clock> time; ///< of the log
  link_limits limits{};
};

/// The port of a node: whoever proves who it is meets the gateway, nobody else gets as far as CAF.
/// Whoever is refused is logged.
class link_gate {
public:
  /// Requires: `system` outlives the gate. Fails as `link_acceptor::open`.
  [[nodiscard]] static result<std::unique_ptr<link_gate>>
  open(caf::actor_system& system, const caf::actor& gateway, gate_options options);

  /// Lets nobody in any more. Connections that stand go on.
  ~link_gate() = default;
  link_gate(const link_gate&) = delete;
  link_gate& operator=(const link_gate&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_->port(); }

private:
  explicit link_gate(std::shared_ptr<const clock> time) : refused_(std::move(time)) {}

  refusal_log refused_; // The acceptor's thread uses it.
  std::unique_ptr<link_acceptor> acceptor_;
};

} // namespace belfry
