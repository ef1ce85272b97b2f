#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "os/descriptor.hpp"

#include <cstdint>
#include <vector>

namespace belfry {

/// Sockets that listen at every address of a host, all on one port; they do not block.
struct listening_sockets {
  std::vector<descriptor> sockets; ///< at least one
  std::uint16_t port = 0;
  bool is_loopback = false; ///< none can be reached from other machines
};

/// Listens at `place`; host `*`: at every address of this machine; port 0: at any free one. The
/// port of a process that has just ended may be used at once. Fails with `errc::unavailable`.
[[nodiscard]] result<listening_sockets> listen_at(const node_address& place);

} // namespace belfry
