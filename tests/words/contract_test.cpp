#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

TEST_CASE("a kept promise passes in silence", "[contract]") {
  CHECK_NOTHROW(expects(true, "the test: one is one"));
}

TEST_CASE("a broken promise names itself and the line that relied on it", "[contract]") {
  std::string said;
  int line = 0;
  try {
    line = __LINE__ + 1;
    expects(false, "the wheel: now never goes backwards");
  } catch (const contract_violation& broken) {
    said = broken.what();
  }
  CHECK(said.find("contract_test.cpp:" + std::to_string(line)) != std::string::npos);
  CHECK(said.find("broken promise: the wheel: now never goes backwards") != std::string::npos);
}
