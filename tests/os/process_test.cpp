#include "os/process.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <unistd.h>

TEST_CASE("a process is named by its host and its number", "[process]") {
  const auto name = belfry::process_name();
  const auto number = "-" + std::to_string(::getpid());

  CHECK(name.size() > number.size());
  CHECK(name.substr(name.size() - number.size()) == number);
}

TEST_CASE("a write to a closed pipe fails and no more", "[process]") {
  belfry::ignore_broken_pipes();
  int ends[2] = {};
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);

  CHECK(::write(ends[1], "x", 1) == -1);
  CHECK(errno == EPIPE);
  ::close(ends[1]);
}
