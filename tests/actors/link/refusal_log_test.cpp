#include "link/refusal_log.hpp"

#include "support/actor_fixture.hpp"
#include "support/captured_log.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

const auto start = instant_of_ms(1'000'000);

} // namespace

TEST_CASE("a refused peer is logged with the reason", "[link]") {
  const test::captured_log log;
  refusal_log subject{std::make_shared<test::manual_clock>(start)};

  subject.note("10.0.0.7:4711", "it offers no TLS");

  CHECK(log.text() == "link.refused peer=10.0.0.7:4711 reason=\"it offers no TLS\"\n");
}

TEST_CASE("a flood of refused peers does not fill the disk", "[link]") {
  const auto time = std::make_shared<test::manual_clock>(start);
  const test::captured_log log;
  {
    refusal_log subject{time};
    for (int i = 0; i < 1'000; ++i)
      subject.note("10.0.0.7:4711", "it sends nothing");
    CHECK(log.lines() == 10);

    time->advance(duration{10'000});
    subject.note("10.0.0.8:4711", "it sends nothing");
    CHECK(log.lines() == 12);
    CHECK(log.text().find("link.refusals_suppressed count=990 within_ms=10000\n") !=
          std::string::npos);
    CHECK(log.text().find("peer=10.0.0.8") != std::string::npos);
  }
  CHECK(log.lines() == 12);
}

TEST_CASE("suppressed lines are counted at the end, too", "[link]") {
  const test::captured_log log;
  {
    refusal_log subject{std::make_shared<test::manual_clock>(start)};
    for (int i = 0; i < 11; ++i)
      subject.note("10.0.0.7:4711", "it sends nothing");
  }
  CHECK(log.text().find("link.refusals_suppressed count=1 ") != std::string::npos);
}

TEST_CASE("disconnected peers count as refused ones", "[link]") {
  const test::captured_log log;
  refusal_log subject{std::make_shared<test::manual_clock>(start)};

  subject.note_disconnected("10.0.0.7:4711", "it reads too slowly");
  CHECK(log.text() == "link.disconnected peer=10.0.0.7:4711 reason=\"it reads too slowly\"\n");

  for (int i = 0; i < 100; ++i)
    subject.note_disconnected("10.0.0.7:4711", "it reads too slowly");
  subject.note("10.0.0.8:4711", "it offers no TLS");
  CHECK(log.lines() == 10);
}
