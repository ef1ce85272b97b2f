#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

TEST_CASE("a precondition that holds throws nothing", "[contract]") {
  CHECK_NOTHROW(expects(true, "the test: one is one"));
}

TEST_CASE("a violated precondition names itself and the line that requires it", "[contract]") {
  std::string text;
  int line = 0;
  try {
    line = __LINE__ + 1;
    expects(false, "the wheel: now never goes backwards");
  } catch (const contract_violation& broken) {
    text = broken.what();
  }
  CHECK(text.find("contract_test.cpp:" + std::to_string(line)) != std::string::npos);
  CHECK(text.find("precondition violated: the wheel: now never goes backwards") !=
        std::string::npos);
}
