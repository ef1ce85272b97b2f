#include "journal/frame.hpp"

#include <catch2/catch.hpp>

namespace belfry {

namespace {

const append_batch batch{
    .shard = {3}, .epoch = 7, .first = 1000, .count = 2, .bytes = "two events"};

std::string hex(std::string_view bytes) {
  constexpr auto digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

} // namespace

TEST_CASE("the bytes of a framed batch are those of the manual", "[frame]") {
  CHECK(hex(frame_batch(batch)) == "e89ac4ae"
                                   "01"
                                   "01"
                                   "0300"
                                   "e803000000000000"
                                   "0700000000000000"
                                   "02000000"
                                   "0a000000"
                                   "74776f206576656e7473");
}

TEST_CASE("a framed batch comes back whole", "[frame]") {
  const auto framed = frame_batch(batch);

  const auto found = unframe_batch({3}, 1000, framed);

  REQUIRE(found);
  CHECK(found->first == 1000);
  CHECK(found->count == 2);
  CHECK(found->epoch == 7);
  CHECK(found->bytes == "two events");
}

TEST_CASE("a frame with any one bit flipped is refused", "[frame]") {
  const auto framed = frame_batch(batch);
  for (std::size_t bit = 0; bit < framed.size() * 8; ++bit) {
    auto damaged = framed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    CHECK_FALSE(unframe_batch({3}, 1000, damaged));
  }
}

TEST_CASE("a frame that is cut short or too long is refused", "[frame]") {
  const auto framed = frame_batch(batch);
  for (std::size_t size = 0; size < framed.size(); ++size)
    CHECK_FALSE(unframe_batch({3}, 1000, framed.substr(0, size)));
  CHECK_FALSE(unframe_batch({3}, 1000, framed + "x"));
}

TEST_CASE("a batch at the position of another is refused", "[frame]") {
  const auto framed = frame_batch(batch);

  CHECK_FALSE(unframe_batch({4}, 1000, framed));
  CHECK_FALSE(unframe_batch({3}, 1001, framed));
  CHECK_FALSE(unframe_object({3}, "", framed));
}

TEST_CASE("a framed object is read back only under its own key", "[frame]") {
  const auto framed = frame_object({3}, 7, {"snap/1", "part"});

  CHECK(unframe_object({3}, "snap/1", framed) == "part");
  CHECK_FALSE(unframe_object({3}, "snap/2", framed));
  CHECK_FALSE(unframe_object({2}, "snap/1", framed));
}

} // namespace belfry
