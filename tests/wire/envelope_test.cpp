#include "wire/envelope.hpp"

#include "random/prng.hpp"
#include "wire/messages.pb.h"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

wire::Submit sample() {
  wire::Submit batch;
  batch.set_client(77);
  batch.set_sequence(3);
  batch.set_shard(2);
  for (int i = 0; i < 3; ++i) {
    auto& task = *batch.add_tasks();
    task.set_kind("wash");
    task.set_payload(std::string(static_cast<std::size_t>(11 * i), 'x'));
    task.set_priority(-i);
  }
  return batch;
}

bool is_readable(const std::vector<char>& bytes) {
  wire::Submit message;
  return wire::open(bytes, message);
}

} // namespace

TEST_CASE("a sealed message opens to the same message", "[envelope]") {
  const auto batch = sample();
  wire::Submit message;
  REQUIRE(wire::open(wire::seal(batch), message));
  CHECK(message.SerializeAsString() == batch.SerializeAsString());
}

TEST_CASE("a message without content can be sealed", "[envelope]") {
  wire::Empty nothing;
  const auto bytes = wire::seal(nothing);
  CHECK(bytes.size() == 4);
  CHECK(wire::open(bytes, nothing));
}

TEST_CASE("every single flipped bit is detected", "[envelope]") {
  auto bytes = wire::seal(sample());
  for (auto& byte : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      byte = static_cast<char>(byte ^ (1 << bit));
      CHECK_FALSE(is_readable(bytes));
      byte = static_cast<char>(byte ^ (1 << bit));
    }
  CHECK(is_readable(bytes));
}

TEST_CASE("a message that was truncated or extended is detected", "[envelope]") {
  const auto whole = wire::seal(sample());
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(is_readable({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}));
  auto grown = whole;
  grown.push_back('\0');
  CHECK_FALSE(is_readable(grown));
}

TEST_CASE("two swapped bytes are detected", "[envelope]") {
  auto bytes = wire::seal(sample());
  for (std::size_t i = 5; i < bytes.size(); ++i) {
    if (bytes[i - 1] == bytes[i])
      continue;
    std::swap(bytes[i - 1], bytes[i]);
    CHECK_FALSE(is_readable(bytes));
    std::swap(bytes[i - 1], bytes[i]);
  }
}

TEST_CASE("random bytes never open and do no harm", "[envelope]") {
  prng random{2024};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<char> noise(random.below(200));
    for (auto& byte : noise)
      byte = static_cast<char>(random.next());
    CHECK_FALSE(is_readable(noise));
  }
}

TEST_CASE("random fields with a valid checksum are read or refused without harm", "[envelope]") {
  prng random{2025};
  int opened = 0;
  int refused = 0;
  const auto whole = sample().SerializeAsString();
  for (int round = 0; round < 20'000; ++round) {
    auto content = whole;
    for (auto changes = 1 + random.below(4); changes > 0; --changes)
      content[random.below(content.size())] = static_cast<char>(random.next());
    wire::Empty carrier; // Keeps all fields, since it knows none.
    if (!carrier.ParseFromString(content))
      continue;
    ++(is_readable(wire::seal(carrier)) ? opened : refused);
  }
  CHECK(opened > 0);
  CHECK(refused > 0);
}
