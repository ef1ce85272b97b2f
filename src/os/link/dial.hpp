#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "belfry/time.hpp"
#include "os/link/peer_link.hpp"
#include "os/link/transport_credentials.hpp"

#include <atomic>
#include <memory>

namespace belfry {

/// Opens a connection to the node at `address` and authenticates both ends.
///
/// Tries each IP address of the host in turn, each with its share of `timeout`. Fails with
/// `errc::unavailable` if nothing answers, with `errc::invalid_argument` if the peer refuses this
/// program or is refused; the text says why. Ends within `timeout`, and soon after `is_cancelled`
/// turns true, except for the time that the system needs to resolve the host name.
[[nodiscard]] result<peer_link>
dial(const node_address& address, const std::shared_ptr<const transport_credentials>& credentials,
     duration timeout, const std::atomic<bool>& is_cancelled);

} // namespace belfry
