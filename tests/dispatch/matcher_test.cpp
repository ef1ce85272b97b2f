#include "dispatch/matcher.hpp"

#include "matcher_fixture.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using belfry::test::matcher_fixture;

TEST_CASE_METHOD(matcher_fixture, "a ready task goes to a worker that has credit", "[matcher]") {
  update(1, {lane("mail", "send", 1)});
  CHECK(match.assign().empty());

  attach(7, {"send"}, 4, 4);

  CHECK(match.assign() == std::vector{assigned(1, 7, "mail", "send", 1)});
  CHECK(match.assign().empty());
  CHECK(match.free_credit(session_id{7}) == 3);
}

TEST_CASE_METHOD(matcher_fixture, "the tasks of one lane for one worker are one assignment",
                 "[matcher]") {
  update(0, {lane("mail", "send", 1'000)});
  attach(7, {"send"}, 100, 200);

  CHECK(match.assign() == std::vector{assigned(0, 7, "mail", "send", 200)});
}

TEST_CASE_METHOD(matcher_fixture, "an empty lane is not assigned", "[matcher]") {
  update(0, {lane("mail", "send", 5), lane("mail", "print", 5)});
  update(0, {lane("mail", "send", 0)});
  update(1, {lane("mail", "send", 5)});
  update(1, {lane("mail", "print", 1)}, true);
  attach(7, {"send"}, 9, 9);

  CHECK(match.assign().empty());
}

TEST_CASE_METHOD(matcher_fixture, "the greater priority goes first, then the earlier due",
                 "[matcher]") {
  update(0, {lane("mail", "late", 1, 0, 300), lane("mail", "early", 1, 0, 100)});
  update(1, {lane("mail", "urgent", 1, 5, 900), lane("mail", "middle", 1, 0, 200)});
  attach(7, {"late", "early", "urgent", "middle"}, 1, 1);

  std::vector<std::string> order;
  for (int i = 0; i < 4; ++i) {
    for (const auto& each : assign_and_grant())
      order.push_back(each.kind);
    match.add_credit(session_id{7}, 1);
  }

  CHECK(order == std::vector<std::string>{"urgent", "early", "middle", "late"});
}

TEST_CASE_METHOD(matcher_fixture, "workers get only their kinds and queues", "[matcher]") {
  update(0, {lane("mail", "send", 10), lane("mail", "print", 10), lane("post", "send", 10),
             lane("post", "weigh", 10)});
  attach(1, {"send"}, 50, 50, {"mail"});
  attach(2, {"print", "weigh"}, 50, 50, {"post"});

  const auto made = match.assign();

  CHECK(made ==
        std::vector{assigned(0, 1, "mail", "send", 10), assigned(0, 2, "post", "weigh", 10)});
}

TEST_CASE_METHOD(matcher_fixture,
                 "a queue whose shard does not know the free workers holds up no other",
                 "[matcher]") {
  attach(1, {"send"}, 10, 10, {}, 1); // Known to shard 0 alone.
  update(1, {lane("early", "send", 5)});
  update(0, {lane("mail", "send", 5)});
  CHECK(match.assign() == std::vector{assigned(0, 1, "mail", "send", 5)});
}

TEST_CASE_METHOD(matcher_fixture, "the reason why a task is not running is exact", "[matcher]") {
  update(0, {lane("mail", "send", 1)});
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
