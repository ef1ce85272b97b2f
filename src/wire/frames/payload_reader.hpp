#pragma once

#include "wire/frames/frame_numbers.hpp"
#include "wire/frames/frame_payload.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry {

/// Reads the fields at the start of one payload as CAF's `binary_deserializer` does, and keeps the
/// first that breaks a rule; what is read after that is 0 or empty.
class payload_reader {
public:
  /// `start` is read from; the whole payload has `payload_bytes`.
  payload_reader(std::string_view start, std::uint32_t payload_bytes)
      : start_(start), unread_bytes_(payload_bytes) {}

  std::string_view bytes(std::string_view field, std::size_t size);
  /// A big-endian number of `size` bytes.
  std::uint64_t number(std::string_view field, std::size_t size,
                       number_range expected = any_number);
  /// A number of at most five bytes: seven bits each, the lowest first; the highest bit of a byte
  /// says that another follows. CAF shifts beyond its number if more follow.
  std::uint32_t length(std::string_view field, number_range expected = any_number);
  /// A length and as many bytes, which are read.
  std::string_view text(std::string_view field);
  void expect_text(std::string_view field, std::string_view expected);
  void expect_atom(std::string_view field, std::string_view expected);
  /// A process, valid for CAF.
  frame_node node(std::string_view field);
  void expect_node(std::string_view field, const frame_node& expected);
  /// Nothing else is in the payload but so many bytes.
  void expect_rest(std::string_view field, std::uint64_t size);

  void fail(std::string violation);
  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }

private:
  std::string_view start_;
  std::uint64_t unread_bytes_; // Of the payload, beyond `start_` as well.
  std::optional<std::string> violation_;
};

/// At most 40 characters of a text by a peer, fit for a line of the log.
[[nodiscard]] std::string excerpt(std::string_view text);

} // namespace belfry
