// Names of queues and kinds are forgotten when nothing refers to them.
#include "dispatch/matcher.hpp"

#include "matcher_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

using namespace belfry;
using belfry::test::matcher_fixture;

namespace {

constexpr int name_count = 10'000;

struct names_fixture : matcher_fixture {
  static std::string queue(int i) { return "queue-" + std::to_string(i); }
  static std::string kind(int i) { return "kind-" + std::to_string(i); }
  void add_lanes() {
    for (int i = 0; i < name_count; ++i)
      update(1, {lane(queue(i), kind(i), 1)});
  }
  void empty_lanes() {
    for (int i = 0; i < name_count; ++i)
      update(1, {lane(queue(i), kind(i), 0)});
  }
};

} // namespace

TEST_CASE_METHOD(names_fixture, "names without lanes, workers and reservations are forgotten",
                 "[matcher]") {
  add_lanes();
  CHECK(match.name_count() == 2 * name_count);
  match.forget_unused_names();
  CHECK(match.name_count() == 2 * name_count);

  empty_lanes();
  match.forget_unused_names();
  CHECK(match.name_count() == 0);

  update(1, {lane("mail", "send", 1)});
  attach(7, {"send"}, 4, 4);
  CHECK(match.assign() == std::vector{assigned(1, 7, "mail", "send", 1)});
}

TEST_CASE_METHOD(names_fixture, "names that come and go do not gather", "[matcher]") {
  std::size_t most = 0;
  for (int i = 0; i < name_count; ++i) {
    update(1, {lane(queue(i), kind(i), 1)});
    update(1, {lane(queue(i), kind(i), 0)});
    most = std::max(most, match.name_count());
  }
  CHECK(most <= 2'048);
}

TEST_CASE_METHOD(names_fixture, "names of workers and reservations are kept", "[matcher]") {
  add_lanes();
  attach(7, {"kind-7"}, 4, 4, {"queue-7"});
  attach(8, {"kind-8"}, 4, 4);
  const auto made = match.assign();
  REQUIRE(made.size() == 2);
  empty_lanes();
  match.forget_unused_names();
  CHECK(match.name_count() == 4);
  for (const auto& each : made)
    CHECK(match.record_granted(each, 0));
  match.forget_unused_names();
  CHECK(match.name_count() == 3); // Of the workers.
  CHECK(match.free_credit(session_id{8}) == 4);

  update(1, {lane("queue-8", "kind-8", 2), lane("queue-9", "kind-7", 2)});
  CHECK(match.assign() == std::vector{assigned(1, 8, "queue-8", "kind-8", 2)});
}

TEST_CASE_METHOD(names_fixture, "a question adds no names", "[matcher]") {
  attach(7, {"send"}, 4, 4);
  CHECK(match.explain("mail", "send") == waiting_reason::being_assigned);
  CHECK(match.explain("mail", "print") == waiting_reason::no_worker_for_kind);
  CHECK(match.name_count() == 1);
}

TEST_CASE_METHOD(names_fixture, "a queue that is ahead of others keeps its turn while they wait",
                 "[matcher]") {
  update(1, {lane("busy", "send", 1'000), lane("short", "send", 100)});
  attach(7, {"send"}, 100, 100);
  (void)assign_and_grant();
  update(1, {lane("short", "send", 0)});
  const auto before = match.name_count();
  match.forget_unused_names();
  CHECK(match.name_count() == before);
}
