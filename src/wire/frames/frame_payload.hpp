#pragma once

#include "wire/frames/frame_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry {

/// A process as CAF writes it: the atom `default`, a number of 4 bytes that is not 0, and 20 bytes
/// that are not all 0 (`caf::node_id::default_data`).
using frame_node = std::array<char, 32>;

/// The two ends of a connection.
struct frame_nodes {
  frame_node own{};
  frame_node peer{}; ///< set by the peer's greeting
};

/// No check needs more of a payload than its first so many bytes and its length.
inline constexpr std::size_t payload_start_bytes_max = 128;

/// Checks what CAF 0.17.6 trusts in a payload, and the types that it would make: CAF makes any
/// type that a payload names, takes messages of some types for its own, and allocates as many
/// elements as a payload announces. Returns the first field that breaks the rules; none: the
/// payload is valid.
///
/// `start`: the payload, or its first `payload_start_bytes_max` bytes. A greeting sets
/// `nodes.peer`. Takes a constant number of steps.
[[nodiscard]] std::optional<std::string> payload_violation(frame_content content,
                                                           std::string_view start,
                                                           std::uint32_t payload_bytes,
                                                           frame_nodes& nodes);

} // namespace belfry
