#include "worker/credit_allocator.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

using shares = std::vector<credit_allocator::share>;

TEST_CASE("one node gets everything", "[worker]") {
  credit_allocator split;
  CHECK(split.attach(1, 8) == 8);
  split.granted(1);
  split.granted(1);
  CHECK(split.allocate(7) == shares{{1, 1}}); // One of the runs is over.
  CHECK(split.allocate(7).empty());
}

TEST_CASE("never is more offered than there is room for", "[worker]") {
  credit_allocator split;
  CHECK(split.attach(1, 8) == 8);
  CHECK(split.attach(2, 8) == 0);
  CHECK(split.allocate(8).empty());
  CHECK(split.recall(8).empty()); // Nobody is hungry.
  CHECK(split.recall_excess(8) == shares{{1, 4}});
  CHECK(split.recall_excess(8).empty()); // It has not answered.
  split.granted(1);
  split.returned(1, 4);
  CHECK(split.offered(1) == 3);
  CHECK(split.allocate(7) == shares{{1, 1}, {2, 3}});
}

TEST_CASE("a node that attaches anew forgets what it was offered", "[worker]") {
  credit_allocator split;
  CHECK(split.attach(1, 8) == 8);
  CHECK(split.attach(1, 5) == 5);
  CHECK(split.offered(1) == 5);
}

TEST_CASE("room is spread evenly while nobody is hungry", "[worker]") {
  credit_allocator split;
  CHECK(split.attach(1, 0) == 0);
  CHECK(split.attach(2, 0) == 0);
  CHECK(split.attach(3, 0) == 0);
  CHECK(split.allocate(7) == shares{{1, 3}, {2, 2}, {3, 2}});
}

TEST_CASE("hungry nodes go first, and get what others sit on but for one", "[worker]") {
  credit_allocator split;
  for (const std::uint64_t node : {1, 2, 3})
    (void)split.attach(node, 9);
  CHECK(split.offered(1) == 9);
  split.returned(1, 6);
  CHECK(split.allocate(9) == shares{{2, 3}, {3, 3}});
  for (int run = 0; run < 3; ++run)
    split.granted(3);
  split.set_demand(3, true);
  CHECK(split.allocate(6).empty());
  CHECK(split.recall(6) == shares{{1, 2}}); // Two are a third of the room.
  split.returned(1, 2);
  CHECK(split.allocate(6) == shares{{3, 2}});
  split.granted(3);
  split.granted(3);
  CHECK(split.allocate(6) == shares{{3, 2}}); // And two of its runs are over: room is its alone.
}

TEST_CASE("with less room than nodes the hungry take turns", "[worker]") {
  credit_allocator split;
  CHECK(split.attach(1, 1) == 1);
  CHECK(split.attach(2, 1) == 0);
  split.set_demand(2, true);
  CHECK(split.recall(1) == shares{{1, 1}});
  split.returned(1, 1);
  CHECK(split.allocate(1) == shares{{2, 1}});
  split.granted(2);
  split.set_demand(1, true);
  CHECK(split.recall(0).empty());
  CHECK(split.allocate(1) == shares{{1, 1}});
  split.granted(1);
  CHECK(split.allocate(1) == shares{{2, 1}});
}

TEST_CASE("what a lost node was offered is offered to others", "[worker]") {
  credit_allocator split;
  (void)split.attach(1, 4);
  (void)split.attach(2, 4);
  split.remove(1);
  CHECK(split.allocate(4) == shares{{2, 4}});
}
