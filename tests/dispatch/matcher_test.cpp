#include "dispatch/matcher.hpp"

#include "matcher_fixture.hpp"
#include "random/prng.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace belfry;
using belfry::test::matcher_fixture;

namespace {

assignment of(std::uint16_t shard, std::uint64_t session, const std::string& queue,
              const std::string& kind, std::size_t count) {
  return {shard_id{shard}, session_id{session}, queue, kind, count};
}

} // namespace

TEST_CASE_METHOD(matcher_fixture, "a ready task goes to a worker that has credit", "[matcher]") {
  tell(1, {lane("mail", "send", 1)});
  CHECK(match.assign().empty());

  attach(7, {"send"}, 4, 4);

  CHECK(match.assign() == std::vector{of(1, 7, "mail", "send", 1)});
  CHECK(match.assign().empty());
  CHECK(match.free_credit(session_id{7}) == 3);
}

TEST_CASE_METHOD(matcher_fixture, "what one worker gets of one lane is one assignment",
                 "[matcher]") {
  tell(0, {lane("mail", "send", 1'000)});
  attach(7, {"send"}, 100, 200);

  CHECK(match.assign() == std::vector{of(0, 7, "mail", "send", 200)});
}

TEST_CASE_METHOD(matcher_fixture, "a lane that becomes empty is not handed out", "[matcher]") {
  tell(0, {lane("mail", "send", 5), lane("mail", "print", 5)});
  tell(0, {lane("mail", "send", 0)});
  tell(1, {lane("mail", "send", 5)});
  tell(1, {lane("mail", "print", 1)}, true);
  attach(7, {"send"}, 9, 9);

  CHECK(match.assign().empty());
}

TEST_CASE_METHOD(matcher_fixture, "the greater priority goes first, then the earlier due",
                 "[matcher]") {
  tell(0, {lane("mail", "late", 1, 0, 300), lane("mail", "early", 1, 0, 100)});
  tell(1, {lane("mail", "urgent", 1, 5, 900), lane("mail", "middle", 1, 0, 200)});
  attach(7, {"late", "early", "urgent", "middle"}, 1, 1);

  std::vector<std::string> order;
  for (int i = 0; i < 4; ++i) {
    for (const auto& one : hand_out())
      order.push_back(one.kind);
    match.add_credit(session_id{7}, 1);
  }

  CHECK(order == std::vector<std::string>{"urgent", "early", "middle", "late"});
}

TEST_CASE_METHOD(matcher_fixture, "workers get only their kinds and queues", "[matcher]") {
  tell(0, {lane("mail", "send", 10), lane("mail", "print", 10), lane("post", "send", 10),
           lane("post", "weigh", 10)});
  attach(1, {"send"}, 50, 50, {"mail"});
  attach(2, {"print", "weigh"}, 50, 50, {"post"});

  const auto made = match.assign();

  CHECK(made == std::vector{of(0, 1, "mail", "send", 10), of(0, 2, "post", "weigh", 10)});
}

TEST_CASE_METHOD(matcher_fixture, "queues share the workers by their weights", "[matcher]") {
  const auto credit = GENERATE(1U, 7U, 64U);
  for (std::uint16_t shard = 0; shard < 2; ++shard)
    tell(shard, {lane("heavy", "send", 20'000, 0, 0, 5), lane("middle", "send", 20'000, 0, 0, 3),
                 lane("light", "send", 20'000, 0, 0, 2)});
  attach(1, {"send"}, 32, credit);
  attach(2, {"send"}, 32, credit);

  std::map<std::string, std::size_t> shares;
  std::size_t sum = 0;
  while (sum < 10'000) {
    for (const auto& one : hand_out()) {
      shares[one.queue] += one.count;
      sum += one.count;
      match.add_credit(one.session, static_cast<std::uint32_t>(one.count));
    }
  }

  const auto share = [&](const std::string& queue) {
    return static_cast<double>(shares[queue]) / static_cast<double>(sum);
  };
  CHECK(share("heavy") == Approx(0.5).epsilon(0.05));
  CHECK(share("middle") == Approx(0.3).epsilon(0.05));
  CHECK(share("light") == Approx(0.2).epsilon(0.05));
}

TEST_CASE_METHOD(matcher_fixture, "a light queue waits for a few tasks of others at most",
                 "[matcher]") {
  tell(0, {lane("heavy", "send", 100'000, 100, 0, 1'000)});
  attach(1, {"send"}, 1, 1);
  for (int i = 0; i < 5'000; ++i) {
    hand_out();
    match.add_credit(session_id{1}, 1);
  }

  tell(0, {lane("light", "send", 1, -100, 0, 1)});

  std::size_t waited = 0;
  while (by_queue(hand_out()).count("light") == 0) {
    match.add_credit(session_id{1}, 1);
    REQUIRE(++waited <= 2);
  }
}

TEST_CASE_METHOD(matcher_fixture, "a queue saves up no claim while it is idle or has no worker",
                 "[matcher]") {
  tell(0, {lane("busy", "send", 100'000), lane("idle", "send", 1), lane("stuck", "print", 5'000)});
  attach(1, {"send"}, 10, 10);
  for (int i = 0; i < 100; ++i)
    match.add_credit(session_id{1}, static_cast<std::uint32_t>(total(hand_out())));

  tell(0, {lane("idle", "send", 5'000)});
  attach(1, {"send", "print"}, 10, 1);
  std::map<std::string, std::size_t> shares;
  for (int i = 0; i < 300; ++i) {
    for (const auto& one : hand_out())
      shares[one.queue] += one.count;
    match.add_credit(session_id{1}, 1);
  }

  CHECK(shares["busy"] >= 95);
  CHECK(shares["idle"] >= 95);
  CHECK(shares["stuck"] >= 95);
}

TEST_CASE_METHOD(matcher_fixture, "load spreads over the workers that can take it", "[matcher]") {
  tell(0, {lane("mail", "send", 300)});
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
  tell(0, {lane("mail", "send", 1'000)});
  tell(1, {lane("mail", "send", 1'000, 0, 5)});
  attach(1, {"send"}, 100, 100);

  CHECK(match.assign() == std::vector{of(0, 1, "mail", "send", 50), of(1, 1, "mail", "send", 50)});
}

TEST_CASE_METHOD(matcher_fixture, "what a shard does not grant comes back as credit", "[matcher]") {
  tell(0, {lane("mail", "send", 10)});
  tell(1, {lane("post", "send", 10)});
  attach(1, {"send"}, 5, 5, {"mail"});
  const auto first = match.assign();
  REQUIRE(first == std::vector{of(0, 1, "mail", "send", 5)});
  CHECK(match.free_credit(session_id{1}) == 0);

  SECTION("and the lane counts as empty until the shard tells otherwise") {
    CHECK(match.answer(first[0], 2));
    CHECK(match.free_credit(session_id{1}) == 3);
    CHECK(match.assign().empty());
    tell(0, {lane("mail", "send", 1)});
    CHECK(match.assign() == std::vector{of(0, 1, "mail", "send", 1)});
  }
  SECTION("but a lane that was told of since stays open") {
    tell(0, {lane("mail", "send", 9)});
    CHECK(match.answer(first[0], 2));
    CHECK(match.assign() == std::vector{of(0, 1, "mail", "send", 3)});
  }
  SECTION("an answer counts once, and only if it was asked for") {
    CHECK_FALSE(match.answer(of(0, 1, "mail", "send", 4), 0));
    CHECK(match.answer(first[0], 0));
    CHECK_FALSE(match.answer(first[0], 0));
    CHECK(match.free_credit(session_id{1}) == 5);
  }
}

TEST_CASE_METHOD(matcher_fixture, "what is asked for is not handed out twice", "[matcher]") {
  tell(0, {lane("mail", "send", 10)});
  attach(1, {"send"}, 4, 4);
  const auto first = match.assign();
  match.add_credit(session_id{1}, 20);

  tell(0, {lane("mail", "send", 10)}); // Sent before the shard had read what it was asked.

  CHECK(total(match.assign()) == 6);
}

TEST_CASE_METHOD(matcher_fixture, "a shard that dies gives back what was asked of it",
                 "[matcher]") {
  tell(0, {lane("mail", "send", 3)});
  tell(1, {lane("mail", "send", 50)});
  attach(1, {"send"}, 10, 6);
  REQUIRE(total(match.assign()) == 6);

  match.forget(shard_id{0});

  CHECK_FALSE(match.is_admitted(session_id{1}, shard_id{0}));
  CHECK(match.free_credit(session_id{1}) == 3);
  tell(0, {lane("mail", "send", 50)}, true);
  for (const auto& one : match.assign())
    CHECK(one.shard == shard_id{1}); // The new shard does not know the worker yet.
  match.add_credit(session_id{1}, 4);
  match.admit(session_id{1}, shard_id{0});
  CHECK(match.assign().front().shard == shard_id{0});
}

TEST_CASE_METHOD(matcher_fixture, "a new connection starts with the credit it tells", "[matcher]") {
  tell(0, {lane("mail", "send", 50)});
  attach(1, {"send"}, 10, 6);
  const auto lost = match.assign();
  REQUIRE(total(lost) == 6);

  SECTION("and gets nothing back of what was asked for the former one") {
    attach(1, {"send"}, 10, 2);
    CHECK(match.answer(lost[0], 0));
    CHECK(match.free_credit(session_id{1}) == 2);
    CHECK_FALSE(match.is_admitted(session_id{1}, shard_id{7}));
  }
  SECTION("while the same one still has what is asked for") {
    match.attach({session_id{1}, {"send"}, {}, 10, 8}, false);
    CHECK(match.free_credit(session_id{1}) == 2);
    CHECK(match.is_admitted(session_id{1}, shard_id{0}));
    CHECK(match.answer(lost[0], 5));
    CHECK(match.free_credit(session_id{1}) == 3);
  }
  SECTION("and a worker that is gone gets nothing") {
    match.remove(session_id{1});
    CHECK(match.answer(lost[0], 6));
    CHECK_FALSE(match.add_credit(session_id{1}, 5));
    CHECK(match.assign().empty());
  }
}

TEST_CASE_METHOD(matcher_fixture,
                 "a worker that tells less credit than is asked for it gets no more", "[matcher]") {
  tell(0, {lane("mail", "send", 50)});
  attach(1, {"send"}, 10, 6);
  const auto asked = match.assign();
  REQUIRE(total(asked) == 6);
  const auto tell_credit = [&](std::uint32_t credit) {
    match.attach({session_id{1}, {"send"}, {}, 10, credit}, false);
  };

  SECTION("when all of it comes back") {
    tell_credit(2);
    CHECK(match.answer(asked[0], 0));
    CHECK(match.free_credit(session_id{1}) == 2);
  }
  SECTION("when it leaves") {
    tell_credit(0);
    CHECK(match.answer(asked[0], 0));
    CHECK(match.free_credit(session_id{1}) == 0);
  }
  SECTION("when it has new credit before the answer") {
    tell_credit(2);
    match.add_credit(session_id{1}, 3);
    CHECK(match.free_credit(session_id{1}) == 0);
    CHECK(match.answer(asked[0], 1));
    CHECK(match.free_credit(session_id{1}) == 4);
  }
  SECTION("and owes nothing once all is answered") {
    tell_credit(2);
    CHECK(match.answer(asked[0], 6));
    match.add_credit(session_id{1}, 3);
    CHECK(match.free_credit(session_id{1}) == 3);
  }
}

TEST_CASE_METHOD(matcher_fixture,
                 "a queue whose shard does not know the free workers holds up no other",
                 "[matcher]") {
  attach(1, {"send"}, 10, 10, {}, 1); // Known to shard 0 alone.
  tell(1, {lane("early", "send", 5)});
  tell(0, {lane("mail", "send", 5)});
  CHECK(match.assign() == std::vector{of(0, 1, "mail", "send", 5)});
}

TEST_CASE_METHOD(matcher_fixture, "why a task does not run is said exactly", "[matcher]") {
  tell(0, {lane("mail", "send", 1)});
  CHECK(match.explain("mail", "send") == waiting_reason::no_worker);
  attach(1, {"print"}, 1, 1);
  CHECK(match.explain("mail", "send") == waiting_reason::no_worker_for_kind);
  attach(2, {"send"}, 1, 1, {"post"});
  CHECK(match.explain("mail", "send") == waiting_reason::no_worker_for_queue);
  attach(3, {"send"}, 1, 0);
  CHECK(match.explain("mail", "send") == waiting_reason::all_slots_busy);
  match.add_credit(session_id{3}, 1);
  CHECK(match.explain("mail", "send") == waiting_reason::being_assigned);
  CHECK(to_string(waiting_reason::no_worker_for_queue) == "no_worker_for_queue");
}

TEST_CASE_METHOD(matcher_fixture, "credit is never exceeded and no task is handed out twice",
                 "[matcher]") {
  prng random{GENERATE(1, 2, 3, 4, 5)};
  const std::vector<std::string> kinds{"a", "b", "c"};
  const std::vector<std::string> queues{"x", "y", "z"};
  std::map<std::uint64_t, std::int64_t> credit;
  std::map<std::tuple<std::uint16_t, std::string, std::string>, std::size_t> waiting;
  std::vector<assignment> asked;
  for (std::uint64_t worker = 1; worker <= 4; ++worker) {
    std::vector<std::string> bound;
    if (worker == 4)
      bound = {"y"};
    attach(worker, {kinds[worker % 3], kinds[(worker + 1) % 3]}, 8, 0, bound);
  }
  for (int round = 0; round < 2'000; ++round) {
    const auto worker = 1 + random.below(4);
    const auto more = static_cast<std::uint32_t>(random.below(5));
    match.add_credit(session_id{worker}, more);
    credit[worker] += more;
    const auto shard = static_cast<std::uint16_t>(random.below(2));
    auto& queue = queues[random.below(3)];
    auto& kind = kinds[random.below(3)];
    auto& lane_now = waiting[{shard, queue, kind}];
    lane_now += random.below(6);
    tell(shard, {lane(queue, kind, lane_now, static_cast<std::int32_t>(random.below(3)))});
    for (auto& one : match.assign())
      asked.push_back(std::move(one));
    for (auto left = random.below(3); left > 0 && !asked.empty(); --left) {
      const auto one = asked.front(); // A shard answers in order; so do all of them here.
      asked.erase(asked.begin());
      auto& there = waiting[{one.shard.value, one.queue, one.kind}];
      const auto granted = std::min(one.count, there);
      there -= granted;
      credit[one.session.value] -= static_cast<std::int64_t>(granted);
      REQUIRE(match.answer(one, granted));
      REQUIRE(credit[one.session.value] >= 0);
    }
    for (const auto& [session, left] : credit) {
      auto reserved = std::int64_t{0};
      for (const auto& one : asked)
        reserved += one.session.value == session ? static_cast<std::int64_t>(one.count) : 0;
      REQUIRE(static_cast<std::int64_t>(match.free_credit(session_id{session})) == left - reserved);
    }
  }
}

TEST_CASE_METHOD(matcher_fixture, "what runs is handed out in the end", "[matcher]") {
  std::size_t left = 0;
  for (std::uint16_t shard = 0; shard < 2; ++shard) {
    for (int queue = 0; queue < 20; ++queue) {
      tell(shard, {lane("q" + std::to_string(queue), queue % 2 ? "a" : "b", 13, queue % 5)});
      left += 13;
    }
  }
  attach(1, {"a"}, 3, 3);
  attach(2, {"a", "b"}, 3, 3);
  for (auto made = hand_out(); !made.empty(); made = hand_out()) {
    for (const auto& one : made) {
      left -= one.count;
      match.add_credit(one.session, static_cast<std::uint32_t>(one.count));
    }
  }
  CHECK(left == 0);
}

TEST_CASE_METHOD(matcher_fixture, "work grows with what is handed out, not with what waits",
                 "[matcher]") {
  for (int queue = 0; queue < 10'000; ++queue)
    tell(0, {lane("q" + std::to_string(queue), "send", 1'000),
             lane("q" + std::to_string(queue), "nobody", 1'000)});
  for (std::uint64_t worker = 1; worker <= 100; ++worker)
    attach(worker, {"send", "print"}, 10, 0);

  CHECK(match.assign().empty());
  CHECK(match.steps() == 0);

  for (std::uint64_t worker = 1; worker <= 100; ++worker)
    match.add_credit(session_id{worker}, 10);
  const auto made = match.assign();

  CHECK(total(made) == 1'000);
  CHECK(match.steps() <= 10 * total(made));
}
