#include "wire/frames/frame_numbers.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string_view>

using namespace belfry;

TEST_CASE("a word has the number that CAF gives it", "[frames]") {
  // As recorded from a connection between a node and a worker.
  CHECK(atom_number("") == 0xf);
  CHECK(atom_number("default") == 0x3e9a'ab9b'ac79);
  CHECK(atom_number("SpawnServ") == 0x03dd'd66f'3376'adfb);
  CHECK(atom_number("hello") == 0x3'edab'1c74);
  CHECK(atom_number("report_ack") == 0xfdea'd74d'f996'6a30);
  CHECK(atom_number("hbeat_ack") == 0x03ed'9ea9'b996'6a30);
}

TEST_CASE("the most significant byte comes first", "[frames]") {
  using namespace std::string_view_literals;
  CHECK(big_endian("") == 0);
  CHECK(big_endian("\x01\x02"sv) == 0x0102);
  CHECK(big_endian("\xff\0\0\0\0\0\0\x80"sv) == 0xff00'0000'0000'0080);
}

TEST_CASE("a range contains its limits and nothing beyond", "[frames]") {
  constexpr auto max = std::numeric_limits<std::uint64_t>::max();
  CHECK(exactly(3).contains(3));
  CHECK_FALSE(exactly(3).contains(2));
  CHECK_FALSE(exactly(3).contains(4));
  CHECK(at_least(1).contains(max));
  CHECK_FALSE(at_least(1).contains(0));
  CHECK(any_number.contains(0));
  CHECK(any_number.contains(max));
}

TEST_CASE("a value outside its range is told with the range", "[frames]") {
  CHECK(outside_range("flags", 4, exactly(0)) == "flags is 4, expected 0");
  CHECK(outside_range("actor", 0, at_least(1)) == "actor is 0, expected at least 1");
  CHECK(outside_range("bytes", 9, {2, 8}) == "bytes is 9, expected 2 to 8");
}
