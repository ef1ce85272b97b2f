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

/// The resources that unauthenticated peers may use.
struct acceptor_limits {
  duration handshake_timeout{5'000}; ///< a peer not authenticated by then is dropped
  std::size_t handshakes_max = 256;  ///< at the same time; beyond it one of them is dropped
};

/// Listens on a port, authenticates the peers that connect, and hands over each accepted connection
/// as a `peer_link`: sockets, handshakes and credentials, without actors or logs. `node_acceptor`
/// is the layer above, which hands these links to CAF and logs refusals.
///
/// One thread runs all handshakes: a peer that sends nothing costs a descriptor and some hundred
/// bytes until it is dropped, and delays nobody. TLS, which takes about ten kilobytes, begins only
/// after a valid hello. Beyond `handshakes_max` a peer is dropped from the network that has most
/// handshakes under way: the oldest of their older half without a valid hello, or else the oldest.
class link_acceptor {
public:
  /// Both are called on the acceptor's thread and must not block.
  struct callbacks {
    std::function<void(peer_link)> on_accepted;
    /// `reason` is a text about the peer, which is "it".
    std::function<void(const std::string& peer, const std::string& reason)> on_rejected;
  };

  /// Fails with `errc::invalid_argument` if these credentials may not be used at this address:
  /// plain text beyond this machine. Fails with `errc::unavailable` if the address cannot be
  /// listened on.
  [[nodiscard]] static result<std::unique_ptr<link_acceptor>>
  open(const node_address& address, std::shared_ptr<const transport_credentials> credentials,
       callbacks notify, acceptor_limits limits = {});

  /// Drops the connections not handed over yet. No callback is under way afterwards.
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
