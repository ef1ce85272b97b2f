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

TEST_CASE("a text is cut between characters", "[exec]") {
  const std::string letter = "日"; // Three bytes.
  for (std::size_t before = 0; before < 3; ++before) {
    exec_output out{31}; // 10 bytes of the beginning, 21 of the end.
    out.add(std::string(before, 'x'));
    for (int i = 0; i < 100; ++i)
      out.add(letter);
    out.add(std::string(before, 'y'));
    const auto text = out.text();
    const auto head = text.substr(0, text.find('\n'));
    const auto tail = text.substr(text.rfind('\n') + 1);
    const auto head_letters = (10 - before) / 3;
    const auto tail_letters = (21 - before) / 3;
    CHECK(head.size() == before + head_letters * 3);
    CHECK(tail.size() == before + tail_letters * 3);
    CHECK(tail.substr(0, 3) == letter);
    const auto cut = 300 - (head_letters + tail_letters) * 3;
    CHECK_THAT(text, Catch::Contains("... " + std::to_string(cut) + " bytes cut ..."));
    CHECK(out.last_lines(1, 8 + before) == letter + letter + std::string(before, 'y'));
  }
}

TEST_CASE("bytes that are no text lose at most three at a cut", "[exec]") {
  exec_output out{30};
  out.add(std::string(100, '\x80'));
  CHECK_THAT(out.text(), Catch::Contains("73 bytes cut"));
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
