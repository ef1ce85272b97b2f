#include "os/postgres/postgres_values.hpp"

#include <catch2/catch.hpp>

namespace belfry {

TEST_CASE("a number is sent as eight bytes, big-endian", "[postgres]") {
  const auto values = postgres_parameters{}.number(0x0102'0304'0506'0708).bytes("b").values();

  CHECK(values == std::vector<std::string>{"\x01\x02\x03\x04\x05\x06\x07\x08", "b"});
  CHECK(postgres_number(values.at(0)) == 0x0102'0304'0506'0708);
}

TEST_CASE("an array is its element type and count, then each length and element", "[postgres]") {
  auto array = postgres_array::of_bytes();
  array.add("ab");
  array.add("");

  using namespace std::string_literals;
  CHECK(array.encode() == "\0\0\0\1\0\0\0\0\0\0\0\x11\0\0\0\2\0\0\0\1"
                          "\0\0\0\2"
                          "ab\0\0\0\0"s);
}

} // namespace belfry
