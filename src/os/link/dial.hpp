#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "belfry/time.hpp"
#include "os/link/peer_link.hpp"
#include "os/link/transport_credentials.hpp"

#include <atomic>
#include <memory>

namespace belfry {

/// A connection to the node at `place`, with both ends proved.
///
/// Tries each address of the host in turn, each with its share of `limit`. Fails with
/// `errc::unavailable` if nobody answers, with `errc::invalid_argument` if what answers refuses us
/// or is refused; the text says why. Ends within `limit`, and soon after `is_cancelled` turns true,
/// but for the time that the system needs to look a host name up.
[[nodiscard]] result<peer_link>
dial(const node_address& place, const std::shared_ptr<const transport_credentials>& credentials,
     duration timeout, const std::atomic<bool>& is_cancelled);

} // namespace belfry
