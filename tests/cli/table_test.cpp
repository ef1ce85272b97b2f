#include "cli/text/table.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace belfry::shell;

TEST_CASE("columns are aligned, numbers to the right", "[cli]") {
  table rows{{{"NAME"}, {"COUNT", true}, {"NOTE"}}};
  rows.add({"a", "1", ""});
  rows.add({"größer", "1000", "x"});
  std::ostringstream out;
  rows.print(out);
  CHECK(out.str() == "NAME    COUNT  NOTE\n"
                     "a           1\n"
                     "größer   1000  x\n");
}

TEST_CASE("a cell is one line of bounded width, harmless to a terminal", "[cli]") {
  CHECK(one_line("short", 10) == "short");
  CHECK(one_line("a\nb\tc\033[2J", 20) == "a b c [2J");
  CHECK(one_line("0123456789x", 10) == "0123456789…");
  CHECK(one_line("ääää", 3) == "äää…");
}
