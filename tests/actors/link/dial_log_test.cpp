#include "link/dial_log.hpp"

#include "support/captured_log.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("a connection failure is logged once per reason", "[link]") {
  const test::captured_log log;
  dial_log subject;
  const node_address tower{"tower", 4100};

  for (int i = 0; i < 3; ++i)
    subject.note(tower, failure{errc::unavailable, "Connection refused"});
  CHECK(log.text() == "link.connect_failed address=tower:4100 reason=\"Connection refused\"\n");
  subject.note(tower, failure{errc::invalid_argument, "it requires TLS"});
  CHECK(log.lines() == 2);
  subject.note({"bell", 4100}, failure{errc::invalid_argument, "it requires TLS"});
  CHECK(log.lines() == 3);
}

TEST_CASE("two nodes that cannot be reached are logged once each", "[link]") {
  const test::captured_log log;
  dial_log subject;
  for (int i = 0; i < 3; ++i)
    for (const auto* host : {"tower", "bell"})
      subject.note({host, 4100}, failure{errc::unavailable, "Connection refused"});

  CHECK(log.lines() == 2);
}

TEST_CASE("a node that was reached and is lost again is logged again", "[link]") {
  const test::captured_log log;
  dial_log subject;
  const failure error{errc::unavailable, "Connection refused"};
  subject.note({"tower", 4100}, error);
  subject.note({"tower", 4100}, done{});
  subject.note({"tower", 4100}, error);

  CHECK(log.lines() == 2);
}
