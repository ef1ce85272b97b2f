#include "worker/credit_allocator.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

using shares = std::vector<credit_allocator::share>;

TEST_CASE("a single node gets the whole capacity", "[worker]") {
  credit_allocator credit;
  CHECK(credit.attach(1, 8) == 8);
  credit.granted(1);
  credit.granted(1);
  CHECK(credit.allocate(7) == shares{{1, 1}}); // One of the runs has ended.
  CHECK(credit.allocate(7).empty());
}

TEST_CASE("the credit never exceeds the capacity", "[worker]") {
  credit_allocator credit;
  CHECK(credit.attach(1, 8) == 8);
  CHECK(credit.attach(2, 8) == 0);
  CHECK(credit.allocate(8).empty());
  CHECK(credit.recall(8).empty()); // No node has demand.
  CHECK(credit.recall_excess(8) == shares{{1, 4}});
  CHECK(credit.recall_excess(8).empty()); // It has not answered the recall.
  credit.granted(1);
  credit.returned(1, 4);
  CHECK(credit.offered(1) == 3);
  CHECK(credit.allocate(7) == shares{{1, 1}, {2, 3}});
}

TEST_CASE("an Attach replaces the credit of its node", "[worker]") {
  credit_allocator credit;
  CHECK(credit.attach(1, 8) == 8);
  CHECK(credit.attach(1, 5) == 5);
  CHECK(credit.offered(1) == 5);
}

TEST_CASE("credit is spread evenly while no node has demand", "[worker]") {
  credit_allocator credit;
  CHECK(credit.attach(1, 0) == 0);
  CHECK(credit.attach(2, 0) == 0);
  CHECK(credit.attach(3, 0) == 0);
  CHECK(credit.allocate(7) == shares{{1, 3}, {2, 2}, {3, 2}});
}

TEST_CASE("nodes with demand go first, and get what others hold but for one", "[worker]") {
  credit_allocator credit;
  for (const std::uint64_t node : {1, 2, 3})
    (void)credit.attach(node, 9);
  CHECK(credit.offered(1) == 9);
  credit.returned(1, 6);
  CHECK(credit.allocate(9) == shares{{2, 3}, {3, 3}});
  for (int run = 0; run < 3; ++run)
    credit.granted(3);
  credit.set_demand(3, true);
  CHECK(credit.allocate(6).empty());
  CHECK(credit.recall(6) == shares{{1, 2}}); // Two are a third of the capacity.
  credit.returned(1, 2);
  CHECK(credit.allocate(6) == shares{{3, 2}});
  credit.granted(3);
  credit.granted(3);
  CHECK(credit.allocate(6) ==
        shares{{3, 2}}); // Two of its runs have ended: the others have no demand.
}

TEST_CASE("with less capacity than nodes those with demand take turns", "[worker]") {
  credit_allocator credit;
  CHECK(credit.attach(1, 1) == 1);
  CHECK(credit.attach(2, 1) == 0);
  credit.set_demand(2, true);
  CHECK(credit.recall(1) == shares{{1, 1}});
  credit.returned(1, 1);
  CHECK(credit.allocate(1) == shares{{2, 1}});
  credit.granted(2);
  credit.set_demand(1, true);
  CHECK(credit.recall(0).empty());
  CHECK(credit.allocate(1) == shares{{1, 1}});
  credit.granted(1);
  CHECK(credit.allocate(1) == shares{{2, 1}});
}

TEST_CASE("the credit of a lost node goes to others", "[worker]") {
  credit_allocator credit;
  (void)credit.attach(1, 4);
  (void)credit.attach(2, 4);
  credit.remove(1);
  CHECK(credit.allocate(4) == shares{{2, 4}});
}
