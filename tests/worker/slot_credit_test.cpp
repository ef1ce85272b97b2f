#include "worker/slot_credit.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("credit is for free slots first, then for runs that wait", "[worker]") {
  slot_credit slots;
  CHECK(slots.attach(1, 8, 3) == 3);
  CHECK(slots.add(1, 2, 3) == 0); // All three are promised already.
  for (int run = 0; run < 4; ++run)
    slots.granted(1);
  CHECK(slots.add(1, 5, 2) == 2);
}

TEST_CASE("nodes together are promised no more slots than are free", "[worker]") {
  slot_credit slots;
  CHECK(slots.attach(1, 2, 3) == 2);
  CHECK(slots.attach(2, 4, 3) == 1);
  CHECK(slots.add(1, 4, 3) == 0);
  slots.remove(1);
  CHECK(slots.add(2, 4, 3) == 2);
}

TEST_CASE("credit for slots is returned last", "[worker]") {
  slot_credit slots;
  CHECK(slots.attach(1, 8, 4) == 4);
  slots.limit(1, 5); // Three were returned.
  CHECK(slots.attach(2, 4, 4) == 0);
  slots.limit(1, 1);
  CHECK(slots.add(2, 4, 4) == 3);
}

TEST_CASE("an Attach replaces the credit for slots of its node", "[worker]") {
  slot_credit slots;
  CHECK(slots.attach(1, 8, 4) == 4);
  CHECK(slots.attach(1, 8, 4) == 4);
}
