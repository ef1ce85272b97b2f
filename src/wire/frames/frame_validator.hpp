#pragma once

#include "wire/frames/frame_header.hpp"
#include "wire/frames/frame_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry {

/// Reads along in the bytes that a peer's CAF sends, and finds what CAF 0.17.6 must not see, before
/// it sees it: CAF trusts what it receives, and ends the process, or takes one type for another, if
/// a peer sends what no CAF would. The tables are in `frame_header.cpp` and `frame_payload.cpp`.
///
/// A message that announces more bytes than allowed is found by its header, before memory is
/// allocated for it. What an envelope holds is not looked at: its receiver checks that.
///
/// For one direction of one connection, from its first byte. Not thread-safe. Reads a constant
/// number of bytes per message, however large it is.
class frame_validator {
public:
  /// `own_node` is this process.
  frame_validator(frame_side peer, const frame_node& own_node, std::size_t payload_bytes_max)
      : nodes_{own_node, {}}, payload_bytes_max_(payload_bytes_max), stage_(first_stage(peer)) {}

  /// Takes the next bytes received. Returns the first violation: message, field, value and what was
  /// expected; then it must not be called again. None: all are valid so far.
  [[nodiscard]] std::optional<std::string> find_violation(const void* bytes, std::size_t count);

private:
  static constexpr std::size_t part_bytes_max = payload_start_bytes_max;
  static_assert(frame_header::size_bytes <= part_bytes_max);

  void gather(std::string_view& unread);
  [[nodiscard]] std::optional<std::string> check_part();
  [[nodiscard]] std::optional<std::string> check_header();
  [[nodiscard]] std::optional<std::string> check_payload();
  [[nodiscard]] std::string_view part() const { return {part_.data(), part_wanted_}; }
  void begin_message(frame_stage stage);

  frame_nodes nodes_;
  const std::size_t payload_bytes_max_;
  frame_stage stage_;
  const frame_rule* rule_ = nullptr; // Of the message whose payload is awaited; null: a header is.
  std::uint32_t payload_bytes_ = 0;  // Of that message.
  std::array<char, part_bytes_max> part_{}; // A header, or the start of a payload.
  std::size_t part_wanted_ = frame_header::size_bytes;
  std::size_t part_received_ = 0;
  std::uint32_t unchecked_bytes_ = 0; // The rest of a payload, to be passed on.
  std::uint64_t messages_ = 1;        // Their number, this one included.
};

} // namespace belfry
