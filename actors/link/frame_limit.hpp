#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace belfry {

/// Watches the bytes that a peer of CAF's network layer sends, and notices a message that announces
/// more bytes than it may have, before any are made room for. CAF itself would believe up to 4 GiB.
///
/// For one connection, from its first byte. Not thread-safe.
class frame_limit {
public:
  explicit frame_limit(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Returns whether all is well after these bytes, the next that came. To be asked no more once it
  /// is not.
  [[nodiscard]] bool accepts(const void* bytes, std::size_t count);

private:
  /// CAF 0.17.6, `caf/io/basp/header.hpp`.
  static constexpr std::size_t header_bytes = 32;
  static constexpr std::size_t length_at = 4;

  const std::size_t bytes_max_;
  std::array<std::uint8_t, header_bytes> header_{};
  std::size_t header_have_ = 0; // Bytes of the header.
  std::size_t body_left_ = 0;   // Bytes of the body that follow.
};

} // namespace belfry
