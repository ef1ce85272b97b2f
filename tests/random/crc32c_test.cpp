#include "random/crc32c.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

namespace belfry {

TEST_CASE("checksums are those of RFC 3720", "[crc32c]") {
  std::string up;
  for (char byte = 0; byte < 32; ++byte)
    up.push_back(byte);
  const std::string down(up.rbegin(), up.rend());

  CHECK(crc32c(std::string(32, '\x00')) == 0x8a91'36aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8'ab43);
  CHECK(crc32c(up) == 0x46dd'794e);
  CHECK(crc32c(down) == 0x113f'db5c);
  CHECK(crc32c("123456789") == 0xe306'9283);
  CHECK(crc32c("") == 0);
}

TEST_CASE("the checksum of two parts is that of the whole, wherever it is cut", "[crc32c]") {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += std::to_string(i * i);
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    CHECK(crc32c(text.substr(cut), crc32c(text.substr(0, cut))) == crc32c(text));
}

TEST_CASE("processors with and without the instruction agree", "[crc32c]") {
  std::string text;
  for (int size = 0; size < 50; ++size) {
    CHECK(crc32c(text) == crc32c_by_table(text));
    CHECK(crc32c(text, 0x1234'5678) == crc32c_by_table(text, 0x1234'5678));
    text.push_back(static_cast<char>(size * 37));
  }
}

TEST_CASE("three parts are summed side by side", "[crc32c]") {
  std::string bytes;
  for (int i = 0; i < 1'000; ++i)
    bytes += static_cast<char>(i * 7 + i / 251);
  for (const std::size_t size : {0, 1, 7, 8, 23, 24, 25, 47, 48, 100, 999, 1'000}) {
    CAPTURE(size);
    const auto text = std::string_view{bytes}.substr(0, size);
    const auto third = size / 24 * 8;
    const auto sums = crc32c_of_thirds(text);
    CHECK(sums[0] == crc32c_by_table(text.substr(0, third)));
    CHECK(sums[1] == crc32c_by_table(text.substr(third, third)));
    CHECK(sums[2] == crc32c_by_table(text.substr(2 * third)));
  }
}

} // namespace belfry
