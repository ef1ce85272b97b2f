#include "os/terminal_keys.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>

using namespace belfry;

TEST_CASE("keys come one by one, and the input has an end", "[terminal]") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const int input = dup(STDIN_FILENO);
  dup2(ends[0], STDIN_FILENO);
  {
    terminal_keys keys;
    CHECK_FALSE(keys.next(duration{1}).has_value());
    REQUIRE(write(ends[1], "ab", 2) == 2);
    CHECK(keys.next(duration{1'000}) == 'a');
    CHECK(keys.next(duration{1'000}) == 'b');
    close(ends[1]);
    CHECK(keys.next(duration{1'000}) == terminal_keys::end_of_input);
  }
  dup2(input, STDIN_FILENO);
  close(input);
  close(ends[0]);
}
