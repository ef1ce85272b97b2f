// The scanner that the other tests of this folder use.
#include "log_lines.hpp"
#include "source_tree.hpp"

#include <catch2/catch.hpp>

using namespace belfry::tidy;

namespace {

std::vector<std::size_t> lengths(const std::string& text) {
  const source_file file{
      .path = "some.cpp", .text = text, .code = code_only(text), .lines = {}, .coded = {}};
  std::vector<std::size_t> found;
  for (const auto& span : functions_of(file))
    found.push_back(span.last - span.first + 1);
  return found;
}

} // namespace

TEST_CASE("comments and quotes are not code", "[tidy]") {
  CHECK(code_only("a; // new\nb") == "a;       \nb");
  CHECK(code_only("a /* { \n */ b") == "a      \n    b");
  CHECK(code_only("f(\"{ \\\" new\")") == "f(\"   \"    \")");
  CHECK(code_only("c = '{';") == "c =    ;");
  CHECK(code_only("n = 1'000'000;") == "n = 1'000'000;");
  CHECK(code_only("R\"x(new \" { )x\";") == " \"      \"     \";");
}

TEST_CASE("a word is found only as a whole", "[tidy]") {
  CHECK(has_word("x = new y;", "new"));
  CHECK_FALSE(has_word("renewed = new_one", "new"));
  CHECK(has_word("std::unordered_map<int, int>", "std::unordered_"));
}

TEST_CASE("functions are measured in any context", "[tidy]") {
  CHECK(lengths("namespace a {\nclass b {\n  int f() {\n    return 1;\n  }\n};\n}\n") ==
        std::vector<std::size_t>{3});
  CHECK(lengths("MACRO(a)\nnamespace a {\nvoid f() {\n  if (x) {\n  }\n}\n}\n") ==
        std::vector<std::size_t>{4});
  CHECK(lengths("b::b() : one_{1}, two_{2} {\n  f();\n}\n") == std::vector<std::size_t>{1, 1, 3});
  CHECK(lengths("constexpr std::array rows{\n  1,\n  2,\n};\n").empty());
  CHECK(lengths("template <class T>\nvoid f(T x) {\n}\n") == std::vector<std::size_t>{2});
}

TEST_CASE("a text in a log line counts as escaped if its value passes through log_value",
          "[tidy]") {
  const auto findings = [](const std::string& text) {
    const source_file file{.path = "some.cpp", .text = text, .code = {}, .lines = {}, .coded = {}};
    return unescaped_log_values(file);
  };
  CHECK(findings("spdlog::info(\"shard.serving shard={}\", shard);\n").empty());
  CHECK(findings("spdlog::info(\"a.b name={}\", log_value(name));\n").empty());
  CHECK(findings("spdlog::debug(\"a.b text={}\", log_value(line));\n").empty());
  CHECK(findings("spdlog::debug(\"a.b text={}\", line);\n").size() == 1);
  CHECK(findings("\n  spdlog::warn(\"a.b name={} reason={}\", log_value(name),\n  reason);\n") ==
        std::vector<std::string>{"some.cpp:2: a text is logged without log_value"});
  CHECK(findings("spdlog::error(\"a.b what=\\\"{}\\\"\", log_value(text));\n").size() == 1);
}
