#include "random/prng.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace belfry;

TEST_CASE("a seed gives the reference numbers of SplitMix64", "[prng]") {
  prng zero{0};
  CHECK(zero.next() == 0xE220'A839'7B1D'CDAFULL);
  CHECK(zero.next() == 0x6E78'9E6A'A1B9'65F4ULL);
  CHECK(zero.next() == 0x06C4'5D18'8009'454FULL);
  prng other{1234567};
  for (const auto expected :
       {6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
        4593380528125082431ULL, 16408922859458223821ULL})
    CHECK(other.next() == expected);
}

TEST_CASE("below(n) yields every number less than n", "[prng]") {
  prng random{7};
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i)
    ++seen.at(random.below(seen.size()));
  for (const auto count : seen) {
    CHECK(count > 800);
    CHECK(count < 1200);
  }
  CHECK(random.below(1) == 0);
}

TEST_CASE("below(0) is 0", "[prng]") {
  CHECK(prng{7}.below(0) == 0);
}

TEST_CASE("a chance of 0 is never true and one of 100 always", "[prng]") {
  prng random{7};
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(random.chance(0));
    CHECK(random.chance(100));
  }
}

TEST_CASE("a chance of 30 percent is true three times in ten", "[prng]") {
  prng random{7};
  int count = 0;
  for (int i = 0; i < 10'000; ++i)
    count += random.chance(30) ? 1 : 0;
  CHECK(count > 2800);
  CHECK(count < 3200);
}
