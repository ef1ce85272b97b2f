#include "random/crc32c.hpp"

#include <catch2/catch.hpp>

#include <string>

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

} // namespace belfry
