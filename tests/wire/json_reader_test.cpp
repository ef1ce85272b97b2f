#include "wire/json_reader.hpp"

#include "wire/json_scanner.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>

using namespace belfry;
using namespace belfry::wire;
using Catch::Contains;

namespace {

std::string error_of(std::string_view text, const json_limits& limits = {}) {
  const auto read = read_json(text, limits);
  return read ? "accepted" : read.error().what;
}

json_value value_of(std::string_view text) {
  const auto read = read_json(text);
  INFO(text << "\n" << (read ? "" : read.error().what));
  REQUIRE(read.ok());
  return *read;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("a JSON value keeps the text that it was read from", "[json_reader]") {
  for (const std::string text :
       {R"({"z":1,"a":18446744073709551616,"p":1.10,"n":-0,"a":2})", "[ 1e2 ,1E400,\t1e-5 ]", "-0",
        R"("caf\u00e9 \ud800")", "null", "true", "false", "{}", "[]", R"({"a":{"b":[[],{}]}})"})
    CHECK(value_of(" \r\n" + text + "\t").source() == text);
  CHECK(value_of("\xef\xbb\xbf{}").source() == "{}");
}

TEST_CASE("a text that is not JSON is refused with the byte of its fault", "[json_reader]") {
  CHECK(error_of("") == "not a JSON document: at byte 1: expected a JSON value in UTF-8");
  CHECK(error_of("nonsense") == "not a JSON document: at byte 1: expected a JSON value in UTF-8");
  CHECK_THAT(error_of("[1,]"), Contains("at byte 4: expected a JSON value"));
  CHECK_THAT(error_of("[1 2]"), Contains("at byte 4: expected ',' or ']'"));
  CHECK_THAT(error_of(R"({"a":1,})"), Contains("at byte 8: expected the name of a member"));
  CHECK_THAT(error_of(R"({"a" 1})"), Contains("at byte 6: expected ':'"));
  CHECK_THAT(error_of(R"({"a":1]})"), Contains("at byte 7: expected ',' or '}'"));
  CHECK_THAT(error_of("{} {}"), Contains("at byte 4: expected the end of the document"));
  CHECK_THAT(error_of("01"), Contains("at byte 2: expected the end of the document"));
  for (const auto* text :
       {"[",  "{",   "\"",  "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "-",  "+1",      ".5",   "1.",
        "1e", "1e+", "nul", "True",    "NaN",         "'a'",    "[1", "{\"a\":", "\"\\", "}"})
    CHECK_THAT(error_of(text), Contains("not a JSON document: at byte "));
}

TEST_CASE("a JSON document is UTF-8", "[json_reader]") {
  for (const auto* text : {"\"caf\xc3\xa9\"", "\"\xe6\x97\xa5\"", "\"\xf0\x9f\x98\x80\""})
    CHECK(error_of(text) == "accepted");
  for (const auto* text :
       {"\"\xe9\"", "\"\x80\"", "\"\xc0\x80\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"",
        "\"\xf0\x80\x80\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xe6\x97\""})
    CHECK_THAT(error_of(text), Contains("in UTF-8"));
}

TEST_CASE("a JSON document is of limited depth and size", "[json_reader]") {
  CHECK(error_of(nested(64)) == "accepted");
  CHECK_THAT(
      error_of(nested(65)),
      Contains("at byte 65: arrays and objects are inside each other, the limit is 64 deep"));
  CHECK_THAT(error_of(nested(1'000'000)), Contains("the limit is 64 deep"));
  CHECK(error_of("[[]]", {.depth_max = 2}) == "accepted");
  CHECK_THAT(error_of(R"({"a":[{}]})", {.depth_max = 2}), Contains("at byte 7"));
  CHECK(error_of("[1]", {.bytes_max = 3}) == "accepted");
  CHECK(error_of("[12]", {.bytes_max = 3}) == "a JSON document of 4 bytes, the limit is 3");
}

TEST_CASE("a number of a JSON document is read without loss or refused", "[json_reader]") {
  constexpr auto min = std::numeric_limits<std::int64_t>::min();
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  CHECK(*value_of("9223372036854775807").integer("n", min, max) == max);
  CHECK(*value_of("-9223372036854775808").integer("n", min, max) == min);
  CHECK(*value_of("-0").integer("n", min, max) == 0);
  CHECK(value_of("101").integer("priority", -100, 100).error().what ==
        "priority is 101, expected a whole number from -100 to 100");
  for (const auto* text : {"9223372036854775808", "18446744073709551616", "1.0", "1e2", "\"1\"",
                           "null", "123456789012345678901234567890"})
    CHECK_FALSE(value_of(text).integer("n", min, max).ok());
}

TEST_CASE("a string of a JSON document is read with its escapes", "[json_reader]") {
  CHECK(*value_of(R"("a\"\\\/\b\f\n\r\t")").string("s") == "a\"\\/\b\f\n\r\t");
  CHECK(*value_of(R"("\u0041\u00e9\u65e5\ud83d\ude00")").string("s") ==
        "A\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80");
  CHECK(*value_of(R"("\u0000")").string("s") == std::string(1, '\0'));
  for (const auto* text : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")"})
    CHECK_THAT(value_of(text).string("s").error().what, Contains("half of a surrogate pair"));
  CHECK(value_of("5").string("kind").error().what == "kind is 5, expected a string");
}

TEST_CASE("arrays and objects of a JSON document have their values in order", "[json_reader]") {
  const auto elements = value_of(R"([ 1 , [2, 3],"]" ])").elements("list").value();
  REQUIRE(elements.size() == 3);
  CHECK(elements[1].source() == "[2, 3]");
  CHECK(elements[2].source() == "\"]\"");
  CHECK(value_of("[]").elements("list")->empty());

  const auto members = value_of(R"({ "z" : {"a":1} , "\u0061":2 })").members("task").value();
  REQUIRE(members.size() == 2);
  CHECK(members[0].name == "z");
  CHECK(members[0].value.source() == R"({"a":1})");
  CHECK(members[1].name == "a");
  CHECK(value_of("{}").members("task")->empty());
  CHECK(value_of("[]").members("task").error().what == "task is [], expected an object");
  CHECK(value_of("1").boolean("shell").error().what == "shell is 1, expected true or false");
}

TEST_CASE("an object with the same member twice is refused by its reader", "[json_reader]") {
  CHECK(value_of(R"({"a":1,"b":2,"\u0061":3})").members("the task").error().what ==
        "the task has the field 'a' twice, as its fields 1 and 3, expected it once");
}

TEST_CASE("of a long JSON value a failure shows the beginning", "[json_reader]") {
  const auto text = "\"" + std::string(58, 'x') + "\xc3\xa9" + std::string(100'000, 'y') + "\"";
  CHECK(value_of(text).boolean("b").error().what ==
        "b is \"" + std::string(58, 'x') + "\xc3\xa9" + "…, expected true or false");
}
