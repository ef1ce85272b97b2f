#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "os/descriptor.hpp"

#include <cstdint>
#include <vector>

namespace belfry {

/// Non-blocking sockets that listen on every address of a host, all on one port.
struct listening_sockets {
  std::vector<descriptor> sockets; ///< at least one
  std::uint16_t port = 0;
  bool is_loopback = false; ///< none can be reached from other machines
};

/// Listens on `address`; host `*`: on every address of this machine; port 0: on any free port. The
/// port of a process that has just ended may be reused at once. Fails with `errc::unavailable`.
[[nodiscard]] result<listening_sockets> listen_at(const node_address& address);

} // namespace belfry
