#include "link/frame_limit.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

namespace {

constexpr std::size_t limit = 1'000;

/// A message of CAF's network layer with a body of `size`, of which `sent` bytes are there.
std::string frame(std::uint32_t size, std::size_t sent) {
  std::string bytes(32, '\x5a');
  for (std::size_t i = 0; i < 4; ++i)
    bytes[4 + i] = static_cast<char>(size >> (8 * (3 - i)));
  return bytes + std::string(sent, '\xff');
}

std::string frame(std::uint32_t size) {
  return frame(size, size);
}

} // namespace

TEST_CASE("messages up to the limit pass, in chunks of any size", "[link]") {
  const auto bytes = frame(0) + frame(limit) + frame(1) + frame(0) + frame(300);
  for (std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{32}, bytes.size()}) {
    frame_limit subject{limit};
    for (std::size_t position = 0; position < bytes.size(); position += chunk)
      CHECK(subject.accepts(bytes.data() + position, std::min(chunk, bytes.size() - position)));
  }
}

TEST_CASE("a message beyond the limit is detected by its header", "[link]") {
  for (const std::uint32_t size : {std::uint32_t{limit} + 1, 0x0100'0000U, 0xffff'ffffU}) {
    frame_limit subject{limit};
    const auto bytes = frame(17) + frame(size, 0);
    CHECK(subject.accepts(bytes.data(), bytes.size() - 1));
    CHECK_FALSE(subject.accepts(bytes.data() + bytes.size() - 1, 1));
  }
}

TEST_CASE("no bytes change nothing", "[link]") {
  frame_limit subject{limit};
  CHECK(subject.accepts(nullptr, 0));
}
