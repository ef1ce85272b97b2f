#pragma once

#include "belfry/options.hpp"
#include "belfry/result.hpp"
#include "belfry/time.hpp"
#include "os/link/link_keys.hpp"
#include "os/link/peer_link.hpp"

#include <atomic>
#include <memory>

namespace belfry {

/// A connection to the node at `place`, with both ends proved.
///
/// Tries each address of the host in turn, each with its share of `limit`. Fails with
/// `errc::unavailable` if nobody answers, with `errc::invalid_argument` if what answers refuses us
/// or is refused; the text says why. Ends within `limit`, and soon after `is_given_up` turns true,
/// but for the time that the system needs to look a host name up.
[[nodiscard]] result<peer_link> dial(const node_place& place,
                                     const std::shared_ptr<const link_keys>& keys, duration limit,
                                     const std::atomic<bool>& is_given_up);

} // namespace belfry
