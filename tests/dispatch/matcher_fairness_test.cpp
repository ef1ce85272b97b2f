// How queues, workers and shards share.
#include "dispatch/matcher.hpp"

#include "matcher_fixture.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using belfry::test::matcher_fixture;

TEST_CASE_METHOD(matcher_fixture, "queues share the workers by their weights", "[matcher]") {
  const auto credit = GENERATE(1U, 7U, 64U);
  for (std::uint16_t shard = 0; shard < 2; ++shard)
    update(shard, {lane("heavy", "send", 20'000, 0, 0, 5), lane("middle", "send", 20'000, 0, 0, 3),
                   lane("light", "send", 20'000, 0, 0, 2)});
  attach(1, {"send"}, 32, credit);
  attach(2, {"send"}, 32, credit);

  std::map<std::string, std::size_t> shares;
  std::size_t sum = 0;
  while (sum < 10'000) {
    for (const auto& each : assign_and_grant()) {
      shares[each.queue] += each.count;
      sum += each.count;
      match.add_credit(each.session, static_cast<std::uint32_t>(each.count));
    }
  }

  const auto share = [&](const std::string& queue) {
    return static_cast<double>(shares[queue]) / static_cast<double>(sum);
  };
  CHECK(share("heavy") == Approx(0.5).epsilon(0.05));
  CHECK(share("middle") == Approx(0.3).epsilon(0.05));
  CHECK(share("light") == Approx(0.2).epsilon(0.05));
}

TEST_CASE_METHOD(matcher_fixture, "a light queue waits for at most a few tasks of others",
                 "[matcher]") {
  update(0, {lane("heavy", "send", 100'000, 100, 0, 1'000)});
  attach(1, {"send"}, 1, 1);
  for (int i = 0; i < 5'000; ++i) {
    assign_and_grant();
    match.add_credit(session_id{1}, 1);
  }

  update(0, {lane("light", "send", 1, -100, 0, 1)});

  std::size_t waited = 0;
  while (by_queue(assign_and_grant()).count("light") == 0) {
    match.add_credit(session_id{1}, 1);
    REQUIRE(++waited <= 2);
  }
}

TEST_CASE_METHOD(matcher_fixture,
                 "a queue gets no extra share for the time that it was idle or had no worker",
                 "[matcher]") {
  update(0,
         {lane("busy", "send", 100'000), lane("idle", "send", 1), lane("stuck", "print", 5'000)});
  attach(1, {"send"}, 10, 10);
  for (int i = 0; i < 100; ++i)
    match.add_credit(session_id{1}, static_cast<std::uint32_t>(total(assign_and_grant())));

  update(0, {lane("idle", "send", 5'000)});
  attach(1, {"send", "print"}, 10, 1);
  std::map<std::string, std::size_t> shares;
  for (int i = 0; i < 300; ++i) {
    for (const auto& each : assign_and_grant())
      shares[each.queue] += each.count;
    match.add_credit(session_id{1}, 1);
  }

  CHECK(shares["busy"] >= 95);
  CHECK(shares["idle"] >= 95);
  CHECK(shares["stuck"] >= 95);
}

TEST_CASE_METHOD(matcher_fixture, "load spreads over the workers that can take it", "[matcher]") {
  update(0, {lane("mail", "send", 300)});
  SECTION("equal workers get about as much") {
    attach(1, {"send"}, 200, 200);
    attach(2, {"send"}, 200, 200);
    attach(3, {"send", "print"}, 200, 200);
    for (const auto& [worker, count] : by_worker(match.assign()))
      CHECK(count == Approx(100).margin(10));
  }
  SECTION("larger workers get more") {
    attach(1, {"send"}, 300, 300);
    attach(2, {"send"}, 100, 100);
    auto counts = by_worker(match.assign());
    CHECK(counts[1] == Approx(225).margin(25));
    CHECK(counts[2] == Approx(75).margin(25));
  }
  SECTION("a busy worker gets less") {
    attach(1, {"send"}, 400, 400);
    attach(2, {"send"}, 400, 10);
    auto counts = by_worker(match.assign());
    CHECK(counts[1] == 300);
  }
}

TEST_CASE_METHOD(matcher_fixture, "load spreads over the shards", "[matcher]") {
  update(0, {lane("mail", "send", 1'000)});
  update(1, {lane("mail", "send", 1'000, 0, 5)});
  attach(1, {"send"}, 100, 100);

  CHECK(match.assign() ==
        std::vector{assigned(0, 1, "mail", "send", 50), assigned(1, 1, "mail", "send", 50)});
}
