#include "os/handlers/exec_output.hpp"

#include <catch2/catch.hpp>

namespace belfry {

TEST_CASE("a short stream is kept whole", "[exec]") {
  exec_output out{30};
  out.add("one\n");
  out.add("two\n");
  CHECK(out.text() == "one\ntwo\n");
}

TEST_CASE("of a long stream the head and the tail are kept, and the cut is reported", "[exec]") {
  exec_output out{30};
  std::size_t total = 0;
  for (int n = 0; n < 1000; ++n) {
    const auto line = std::to_string(n) + ",";
    out.add(line);
    total += line.size();
  }
  const auto text = out.text();
  CHECK(text.substr(0, 10) == "0,1,2,3,4,");
  CHECK(text.substr(text.size() - 20) == "995,996,997,998,999,");
  CHECK_THAT(text, Catch::Contains("... " + std::to_string(total - 30) + " bytes cut ..."));
}

TEST_CASE("exactly the limit is not cut", "[exec]") {
  exec_output out{30};
  out.add(std::string(30, 'x'));
  CHECK(out.text() == std::string(30, 'x'));
  out.add("y");
  CHECK_THAT(out.text(), Catch::Contains("1 bytes cut"));
}

TEST_CASE("the last lines are whole lines", "[exec]") {
  exec_output out{300};
  CHECK(out.last_lines(2, 100).empty());
  out.add("one\ntwo\nthree\n\n");
  CHECK(out.last_lines(2, 100) == "two\nthree");
  CHECK(out.last_lines(9, 100) == "one\ntwo\nthree");
  CHECK(out.last_lines(2, 3) == "ree");
}

} // namespace belfry
