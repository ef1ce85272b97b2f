// What becomes of a worker's credit.
#include "dispatch/matcher.hpp"

#include "matcher_fixture.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace belfry;
using belfry::test::matcher_fixture;

TEST_CASE_METHOD(matcher_fixture, "a worker lacks credit while tasks wait that it could run",
                 "[matcher]") {
  const session_id seven{7};
  CHECK_FALSE(match.has_demand(seven));
  attach(7, {"send"}, 4, 0);
  update(0, {lane("mail", "print", 5)});
  CHECK_FALSE(match.has_demand(seven));
  update(0, {lane("mail", "send", 5)});
  CHECK(match.has_demand(seven));
  match.add_credit(seven, 2);
  CHECK_FALSE(match.has_demand(seven));
  CHECK(total(match.assign()) == 2);
  CHECK(match.has_demand(seven));
}

TEST_CASE_METHOD(matcher_fixture, "unreserved credit can be recalled", "[matcher]") {
  attach(7, {"send"}, 4, 4);
  CHECK(match.recall_credit(session_id{7}, 3) == 3);
  update(0, {lane("mail", "send", 5)});
  CHECK(total(match.assign()) == 1);
  CHECK(match.recall_credit(session_id{7}, 3) == 0);
  CHECK(match.recall_credit(session_id{8}, 3) == 0);
}

TEST_CASE_METHOD(matcher_fixture, "tasks that a shard does not grant become credit again",
                 "[matcher]") {
  update(0, {lane("mail", "send", 10)});
  update(1, {lane("post", "send", 10)});
  attach(1, {"send"}, 5, 5, {"mail"});
  const auto first = match.assign();
  REQUIRE(first == std::vector{assigned(0, 1, "mail", "send", 5)});
  CHECK(match.free_credit(session_id{1}) == 0);

  SECTION("and the lane counts as empty until the shard updates it") {
    CHECK(match.record_granted(first[0], 2));
    CHECK(match.free_credit(session_id{1}) == 3);
    CHECK(match.assign().empty());
    update(0, {lane("mail", "send", 1)});
    CHECK(match.assign() == std::vector{assigned(0, 1, "mail", "send", 1)});
  }
  SECTION("but a lane that was updated meanwhile stays open") {
    update(0, {lane("mail", "send", 9)});
    CHECK(match.record_granted(first[0], 2));
    CHECK(match.assign() == std::vector{assigned(0, 1, "mail", "send", 3)});
  }
  SECTION("an answer counts once, and only for a pending assignment") {
    CHECK_FALSE(match.record_granted(assigned(0, 1, "mail", "send", 4), 0));
    CHECK(match.record_granted(first[0], 0));
    CHECK_FALSE(match.record_granted(first[0], 0));
    CHECK(match.free_credit(session_id{1}) == 5);
  }
}

TEST_CASE_METHOD(matcher_fixture, "a reserved task is not assigned twice", "[matcher]") {
  update(0, {lane("mail", "send", 10)});
  attach(1, {"send"}, 4, 4);
  const auto first = match.assign();
  match.add_credit(session_id{1}, 20);

  update(0, {lane("mail", "send", 10)}); // Sent before the shard read the request.

  CHECK(total(match.assign()) == 6);
}

TEST_CASE_METHOD(matcher_fixture, "the reservations of a shard that dies become credit again",
                 "[matcher]") {
  update(0, {lane("mail", "send", 3)});
  update(1, {lane("mail", "send", 50)});
  attach(1, {"send"}, 10, 6);
  REQUIRE(total(match.assign()) == 6);

  match.forget(shard_id{0});

  CHECK_FALSE(match.is_admitted(session_id{1}, shard_id{0}));
  CHECK(match.free_credit(session_id{1}) == 3);
  update(0, {lane("mail", "send", 50)}, true);
  for (const auto& each : match.assign())
    CHECK(each.shard == shard_id{1}); // The new shard does not know the worker yet.
  match.add_credit(session_id{1}, 4);
  match.admit(session_id{1}, shard_id{0});
  CHECK(match.assign().front().shard == shard_id{0});
}

TEST_CASE_METHOD(matcher_fixture, "a new connection starts with the credit that its worker states",
                 "[matcher]") {
  update(0, {lane("mail", "send", 50)});
  attach(1, {"send"}, 10, 6);
  const auto lost = match.assign();
  REQUIRE(total(lost) == 6);

  SECTION("and gets no credit back from reservations for the previous one") {
    attach(1, {"send"}, 10, 2);
    CHECK(match.record_granted(lost[0], 0));
    CHECK(match.free_credit(session_id{1}) == 2);
    CHECK_FALSE(match.is_admitted(session_id{1}, shard_id{7}));
  }
  SECTION("while pending reservations count on the same connection") {
    match.attach(
        {.session = session_id{1}, .kinds = {"send"}, .queues = {}, .slots = 10, .credit = 8},
        false);
    CHECK(match.free_credit(session_id{1}) == 2);
    CHECK(match.is_admitted(session_id{1}, shard_id{0}));
    CHECK(match.record_granted(lost[0], 5));
    CHECK(match.free_credit(session_id{1}) == 3);
  }
  SECTION("and a disconnected worker gets nothing") {
    match.remove(session_id{1});
    CHECK(match.record_granted(lost[0], 6));
    CHECK_FALSE(match.add_credit(session_id{1}, 5));
    CHECK(match.assign().empty());
  }
}

TEST_CASE_METHOD(matcher_fixture, "a worker that states less credit than is reserved gets no more",
                 "[matcher]") {
  update(0, {lane("mail", "send", 50)});
  attach(1, {"send"}, 10, 6);
  const auto pending = match.assign();
  REQUIRE(total(pending) == 6);
  const auto state_credit = [&](std::uint32_t credit) {
    match.attach(
        {.session = session_id{1}, .kinds = {"send"}, .queues = {}, .slots = 10, .credit = credit},
        false);
  };

  SECTION("when the shard grants nothing") {
    state_credit(2);
    CHECK(match.record_granted(pending[0], 0));
    CHECK(match.free_credit(session_id{1}) == 2);
  }
  SECTION("when it states none") {
    state_credit(0);
    CHECK(match.record_granted(pending[0], 0));
    CHECK(match.free_credit(session_id{1}) == 0);
  }
  SECTION("when new credit comes before the answer") {
    state_credit(2);
    match.add_credit(session_id{1}, 3);
    CHECK(match.free_credit(session_id{1}) == 0);
    CHECK(match.record_granted(pending[0], 1));
    CHECK(match.free_credit(session_id{1}) == 4);
  }
  SECTION("and nothing is withheld once all is answered") {
    state_credit(2);
    CHECK(match.record_granted(pending[0], 6));
    match.add_credit(session_id{1}, 3);
    CHECK(match.free_credit(session_id{1}) == 3);
  }
}

namespace {

/// Workers state which part of their credit is for free slots.
struct slot_credit_fixture : matcher_fixture {
  void attach_with_slots(std::uint64_t session, std::uint32_t slots, std::uint32_t credit,
                         std::uint32_t slot_credit) {
    match.attach({.session = session_id{session},
                  .kinds = {"send"},
                  .queues = {},
                  .slots = slots,
                  .credit = credit,
                  .slot_credit = slot_credit},
                 true);
    match.admit(session_id{session}, shard_id{0});
  }
  std::map<std::uint64_t, std::size_t> assign_of(std::size_t tasks) {
    update(0, {lane("mail", "send", tasks)});
    return by_worker(match.assign());
  }
};

using counts_by_worker = std::map<std::uint64_t, std::size_t>;

} // namespace

TEST_CASE_METHOD(slot_credit_fixture, "no task waits behind another while a slot is free",
                 "[matcher]") {
  attach_with_slots(1, 2, 40, 0); // Busy, and fetches ahead.
  attach_with_slots(2, 2, 1, 1);
  SECTION("one task") {
    CHECK(assign_of(1) == counts_by_worker{{2, 1}});
  }
  SECTION("more tasks than free slots") {
    CHECK(assign_of(3) == counts_by_worker{{1, 2}, {2, 1}});
  }
}

TEST_CASE_METHOD(slot_credit_fixture, "all free slots are used before tasks are fetched ahead",
                 "[matcher]") {
  attach_with_slots(1, 4, 100, 4);
  attach_with_slots(2, 8, 8, 8);
  CHECK(assign_of(10) == counts_by_worker{{1, 4}, {2, 6}});
}

TEST_CASE_METHOD(slot_credit_fixture, "a free slot that a shard did not use is free again",
                 "[matcher]") {
  attach_with_slots(1, 2, 3, 2);
  update(0, {lane("mail", "send", 3)});
  const auto made = match.assign();
  REQUIRE(total(made) == 3);
  attach_with_slots(2, 2, 40, 0);

  REQUIRE(match.record_granted(made.at(0), 1));

  CHECK(match.free_credit(session_id{1}) == 2);
  CHECK(assign_of(1) == counts_by_worker{{1, 1}}); // Of two free slots one was used.
}

TEST_CASE_METHOD(slot_credit_fixture, "credit is for free slots as far as its worker says",
                 "[matcher]") {
  attach_with_slots(1, 2, 0, 0);
  attach_with_slots(2, 2, 0, 0);
  match.add_credit(session_id{1}, 10, 0);
  match.add_credit(session_id{2}, 2, 1);
  CHECK(assign_of(1) == counts_by_worker{{2, 1}});
  match.add_credit(session_id{1}, 1); // As a worker of an earlier version does.
  CHECK(assign_of(2) == counts_by_worker{{1, 1}});
}
