#include "dial_log.hpp"

#include "support/caught_log.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("why a node cannot be connected to is logged once per reason", "[link]") {
  const test::caught_log log;
  dial_log subject;
  const node_place tower{"tower", 4100};

  for (int i = 0; i < 3; ++i)
    subject.note(tower, {errc::unavailable, "Connection refused"});
  CHECK(log.text() == "link.failed place=tower:4100 why=\"Connection refused\"\n");
  subject.note(tower, {errc::invalid_argument, "it requires TLS"});
  CHECK(log.lines() == 2);
  subject.note({"bell", 4100}, {errc::invalid_argument, "it requires TLS"});
  CHECK(log.lines() == 3);
}
