#include "wire/envelope.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace belfry::wire {

namespace {

constexpr std::size_t checksum_bytes = 4;

/// Mixes eight bytes at a time; detects accidental damage, not tampering.
std::uint32_t checksum(const char* bytes, std::size_t count) {
  constexpr std::uint64_t factor = 0x9E37'79B9'7F4A'7C15ULL;
  std::uint64_t sum = count * factor;
  while (count > 0) {
    std::uint64_t word = 0;
    const auto taken = count < sizeof word ? count : sizeof word;
    std::memcpy(&word, bytes, taken);
    sum = (sum ^ word) * factor;
    sum ^= sum >> 32;
    bytes += taken;
    count -= taken;
  }
  return static_cast<std::uint32_t>((sum * factor) >> 32);
}

} // namespace

std::vector<char> seal(const google::protobuf::MessageLite& message) {
  const auto size = message.ByteSizeLong();
  std::vector<char> bytes(checksum_bytes + size);
  message.SerializeWithCachedSizesToArray(
      reinterpret_cast<std::uint8_t*>(bytes.data() + checksum_bytes));
  const auto sum = checksum(bytes.data() + checksum_bytes, size);
  std::memcpy(bytes.data(), &sum, checksum_bytes);
  return bytes;
}

bool open(const std::vector<char>& bytes, google::protobuf::MessageLite& message) {
  if (bytes.size() < checksum_bytes)
    return false;
  std::uint32_t sum = 0;
  std::memcpy(&sum, bytes.data(), checksum_bytes);
  const auto size = bytes.size() - checksum_bytes;
  return sum == checksum(bytes.data() + checksum_bytes, size) &&
         message.ParseFromArray(bytes.data() + checksum_bytes, static_cast<int>(size));
}

} // namespace belfry::wire
