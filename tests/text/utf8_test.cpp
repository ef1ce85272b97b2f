#include "text/utf8.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace belfry;

TEST_CASE("the first character of a text is decoded", "[text]") {
  CHECK(first_code_point("ab") == code_point{'a', 1});
  CHECK(first_code_point(std::string_view{"\0", 1}) == code_point{0, 1});
  CHECK(first_code_point("\x7f") == code_point{0x7F, 1});
  CHECK(first_code_point("\xc2\x80") == code_point{0x80, 2});
  CHECK(first_code_point("\xc3\xa9!") == code_point{0xE9, 2});
  CHECK(first_code_point("\xe0\xa0\x80") == code_point{0x800, 3});
  CHECK(first_code_point("\xe6\x97\xa5") == code_point{0x65E5, 3});
  CHECK(first_code_point("\xf0\x90\x80\x80") == code_point{0x1'0000, 4});
  CHECK(first_code_point("\xf4\x8f\xbf\xbf") == code_point{0x10'FFFF, 4});
}

TEST_CASE("a text that does not begin with UTF-8 has no first character", "[text]") {
  for (const std::string_view text :
       {"", "\x80", "\xbf", "\xc3", "\xc3(", "\xe6\x97", "\xe6\x97x", "\xf0\x90\x80", "\xff"})
    CHECK_FALSE(first_code_point(text));
  for (const std::string_view longer : {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf"})
    CHECK_FALSE(first_code_point(longer));
  for (const std::string_view surrogate : {"\xed\xa0\x80", "\xed\xbf\xbf"})
    CHECK_FALSE(first_code_point(surrogate));
  for (const std::string_view beyond : {"\xf4\x90\x80\x80", "\xf5\x80\x80\x80"})
    CHECK_FALSE(first_code_point(beyond));
}

TEST_CASE("a text is UTF-8 if all of it is", "[text]") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("größer 日本 🔔"));
  CHECK_FALSE(is_utf8("größer \xff"));
  CHECK_FALSE(is_utf8("cut \xe6\x97"));
}

TEST_CASE("a text is cut between characters", "[text]") {
  CHECK(first_bytes("abc", 3) == "abc");
  CHECK(first_bytes("abc", 2) == "ab");
  CHECK(first_bytes("a日", 3) == "a");
  CHECK(first_bytes("a日", 4) == "a日");
  CHECK(first_bytes("日", 2).empty());
  CHECK(first_bytes("\x80\x80", 1) == "\x80");
  CHECK(first_bytes(std::string(9, '\x80'), 6).size() == 6);

  std::string text = "a日";
  truncate_utf8(text, 4);
  CHECK(text == "a日");
  truncate_utf8(text, 3);
  CHECK(text == "a");
}
