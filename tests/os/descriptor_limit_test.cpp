#include "os/descriptor_limit.hpp"

#include "support/forked.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("a node raises its soft limit of descriptors to the hard one", "[limits]") {
  const auto status = test::status_of_forked([] {
    const rlimit low{100, 200};
    setrlimit(RLIMIT_NOFILE, &low);
    if (raise_descriptor_limit() != 200)
      return 1;
    rlimit now{};
    getrlimit(RLIMIT_NOFILE, &now);
    const auto inherited = inherited_descriptor_limit();
    return now.rlim_cur == 200 && inherited && inherited->rlim_cur == 100 ? 0 : 2;
  });
  CHECK(status == 0);
}

TEST_CASE("a limit that is raised already stays", "[limits]") {
  const auto status = test::status_of_forked([] {
    const rlimit low{100, 100};
    setrlimit(RLIMIT_NOFILE, &low);
    return raise_descriptor_limit() == 100 && !inherited_descriptor_limit() ? 0 : 1;
  });
  CHECK(status == 0);
}

TEST_CASE("each slot needs five descriptors, and the node 128", "[limits]") {
  CHECK(slots_within(1'024) == 179);
  CHECK(slots_within(132) == 0);
  CHECK(slots_within(133) == 1);
  CHECK(slots_within(0) == 0);
  CHECK(slots_within(~0ULL) > 1'000'000);
}
