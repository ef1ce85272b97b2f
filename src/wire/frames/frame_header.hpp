#pragma once

#include "wire/frames/frame_numbers.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry {

/// The header of a message of BASP, the protocol of CAF 0.17.6's network layer
/// (`caf/io/basp/header.hpp`). Every number is big-endian.
struct frame_header {
  static constexpr std::size_t size_bytes = 32;

  std::uint8_t operation = 0;
  std::uint16_t padding = 0;
  std::uint8_t flags = 0;
  std::uint32_t payload_bytes = 0; ///< of the payload, which follows the header
  std::uint64_t operation_data = 0;
  std::uint64_t source_actor = 0;
  std::uint64_t dest_actor = 0;
};

/// Requires: `bytes` has `frame_header::size_bytes`.
[[nodiscard]] frame_header read_frame_header(std::string_view bytes);

/// Which side of a connection a peer is.
enum class frame_side : std::uint8_t {
  client, ///< it has connected
  server, ///< it has been connected to
};

/// What a peer may send next.
enum class frame_stage : std::uint8_t {
  client_greeting, ///< the first handshake of a client
  selection,       ///< its second: CAF repeats it once the server's handshake has arrived
  server_greeting, ///< the handshake of a server
  open,            ///< everything but handshakes
};

[[nodiscard]] constexpr frame_stage first_stage(frame_side peer) {
  return peer == frame_side::client ? frame_stage::client_greeting : frame_stage::server_greeting;
}

/// What a payload holds; `frame_payload.hpp` says which bytes.
enum class frame_content : std::uint8_t {
  nothing,
  client_greeting, ///< the client's process
  selection,       ///< the same again
  server_greeting, ///< the server's process, its application and its router
  message,         ///< a message of `docs/protocol.md`, or the answer to a `query`
  query,           ///< CAF asks for the actor that could spawn others
  monitor,         ///< from which process, to which
  down,            ///< the same, and why an actor has ended
};

/// A header that a peer may send: one in which every field is in its range.
struct frame_rule {
  const char* name; ///< of the operation
  std::uint8_t operation;
  std::uint8_t flags;
  frame_stage stage;
  frame_content content;
  frame_stage next_stage;
  number_range payload_bytes;
  number_range operation_data;
  number_range source_actor;
  number_range dest_actor;
};

/// The rule of this operation with these flags in this stage; null: the peer may not send it. The
/// rule lives as long as the program.
[[nodiscard]] const frame_rule* find_frame_rule(const frame_header& header, frame_stage stage);

/// Why a header for which there is no rule is refused: what it is, and what may come instead.
[[nodiscard]] std::string unexpected_frame(const frame_header& header, frame_stage stage);

/// The first field of the header that breaks the rule; none: the header is valid.
[[nodiscard]] std::optional<std::string> header_violation(const frame_header& header,
                                                          const frame_rule& rule);

} // namespace belfry
