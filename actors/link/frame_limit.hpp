#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace belfry {

/// Reads along in the bytes that a peer of CAF's network layer sends, and detects a message whose
/// header announces more bytes than allowed, before memory is allocated for it. CAF itself accepts
/// up to 4 GiB.
///
/// For one connection, from its first byte. Not thread-safe.
class frame_limit {
public:
  explicit frame_limit(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Takes the next bytes received. Returns false once a message is too large; then it must not be
  /// called again.
  [[nodiscard]] bool accepts(const void* bytes, std::size_t count);

private:
  /// CAF 0.17.6, `caf/io/basp/header.hpp`.
  static constexpr std::size_t header_bytes = 32;
  static constexpr std::size_t length_at = 4;

  const std::size_t bytes_max_;
  std::array<std::uint8_t, header_bytes> header_{};
  std::size_t header_received_ = 0; // Bytes of the header.
  std::size_t body_left_ = 0;       // Bytes of the body that follow.
};

} // namespace belfry
