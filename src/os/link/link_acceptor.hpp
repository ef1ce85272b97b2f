#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "belfry/time.hpp"
#include "os/link/peer_link.hpp"
#include "os/link/transport_credentials.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace belfry {

/// What strangers may cost.
struct acceptor_limits {
  duration handshake{5'000};        ///< who has not proved itself by then is dropped
  std::size_t handshakes_max = 256; ///< at once; beyond it one of them makes room
};

/// Listens on a port, finds out who connects, and hands over those who may.
///
/// A thread of its own waits for all of them at once: one that is silent costs a descriptor and
/// some hundred bytes until it is dropped, and delays nobody. TLS begins, and takes its some ten
/// kilobytes, only after a valid hello. Who makes room comes from where most come from, and has
/// said nothing valid if one of the older half has not.
class link_acceptor {
public:
  /// Both are called on the acceptor's thread and must not block.
  struct callbacks {
    std::function<void(peer_link)> on_accepted;
    /// `why` is about the peer, which is "it".
    std::function<void(const std::string& peer, const std::string& why)> on_rejected;
  };

  /// Fails with `errc::invalid_argument` if these keys may not be used at this address: plain text
  /// beyond this machine. With `errc::unavailable` if nobody can listen there.
  [[nodiscard]] static result<std::unique_ptr<link_acceptor>>
  open(const node_address& place, std::shared_ptr<const transport_credentials> credentials,
       callbacks notify, acceptor_limits limits = {});

  /// Drops who has not been handed over. No call of `listener` is under way afterwards.
  ~link_acceptor();
  link_acceptor(const link_acceptor&) = delete;
  link_acceptor& operator=(const link_acceptor&) = delete;

  [[nodiscard]] std::uint16_t port() const;

private:
  class loop;
  explicit link_acceptor(std::unique_ptr<loop> acceptor_loop);
  std::unique_ptr<loop> loop_;
};

} // namespace belfry
