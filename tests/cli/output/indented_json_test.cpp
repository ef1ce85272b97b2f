#include "cli/text/indented_json.hpp"

#include <catch2/catch.hpp>

using namespace belfry::shell;

TEST_CASE("arrays and objects have a line for each of their parts", "[cli]") {
  CHECK(indented_json(R"({"to":"anna", "tags":["a","b"],"more":{"n":1}})") == R"({
  "to": "anna",
  "tags": [
    "a",
    "b"
  ],
  "more": {
    "n": 1
  }
})");
}

TEST_CASE("indented JSON keeps every name, string and number as it was", "[cli]") {
  CHECK(indented_json(" [1.10, 18446744073709551616,\n1E400,-0 , \"a\\\"]{,:\\\\\" ]\n") == R"([
  1.10,
  18446744073709551616,
  1E400,
  -0,
  "a\"]{,:\\"
])");
  CHECK(indented_json(R"({"z":1,"a":2,"z":true})") ==
        "{\n  \"z\": 1,\n  \"a\": 2,\n  \"z\": true\n}");
}

TEST_CASE("what is empty stays on its line", "[cli]") {
  CHECK(indented_json("{ }") == "{}");
  CHECK(indented_json(R"({"a":[ ],"b":{}})") == "{\n  \"a\": [],\n  \"b\": {}\n}");
}

TEST_CASE("other texts are not indented", "[cli]") {
  for (const auto* text : {"", "plain", "12", "\"text\"", "null", "{\"a\":1} more", "[1,]", "\xff"})
    CHECK_FALSE(indented_json(text));
  CHECK_FALSE(indented_json(std::string(100, '[') + std::string(100, ']')));
}
