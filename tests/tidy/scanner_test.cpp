// The scanner that the other tests of this folder use.
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
