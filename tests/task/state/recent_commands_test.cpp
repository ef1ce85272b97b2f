#include "task/state/recent_commands.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("a command is known once it was carried out", "[recent_commands]") {
  recent_commands commands;
  CHECK_FALSE(commands.contains(7));
  commands.add(7);
  commands.add(7);
  CHECK(commands.contains(7));
  CHECK(commands.in_order().size() == 1);
}

TEST_CASE("a command without a number is never known", "[recent_commands]") {
  recent_commands commands;
  commands.add(0);
  CHECK_FALSE(commands.contains(0));
  CHECK(commands.in_order().empty());
}

TEST_CASE("only the latest commands are kept", "[recent_commands]") {
  recent_commands commands;
  for (std::uint64_t number = 1; number <= recent_commands::kept_max + 1; ++number)
    commands.add(number);
  CHECK_FALSE(commands.contains(1));
  CHECK(commands.contains(2));
  CHECK(commands.in_order().size() == recent_commands::kept_max);
  CHECK(commands.in_order().front() == 2);
}
