#pragma once

#include "belfry/result.hpp"
#include "belfry/time.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace belfry {

/// An open, non-blocking TCP connection to `host` and `port`; the caller closes it.
///
/// Tries each address of the host in turn. Fails with `errc::unavailable` and the reason; ends
/// within `limit`, and soon after `is_given_up` turns true, but for the time that the system needs
/// to look a host name up.
[[nodiscard]] result<int> dial(const std::string& host, std::uint16_t port, duration limit,
                               const std::atomic<bool>& is_given_up);

} // namespace belfry
