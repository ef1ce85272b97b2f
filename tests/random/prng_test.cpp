#include "random/prng.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace belfry;

TEST_CASE("a seed gives the numbers that SplitMix64 is known to give", "[prng]") {
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

TEST_CASE("below stays below its bound and reaches every number", "[prng]") {
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

TEST_CASE("below nothing is 0", "[prng]") {
  CHECK(prng{7}.below(0) == 0);
}

TEST_CASE("a chance of 0 never comes and one of 100 always does", "[prng]") {
  prng random{7};
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(random.chance(0));
    CHECK(random.chance(100));
  }
}

TEST_CASE("a chance of 30 percent comes three times in ten", "[prng]") {
  prng random{7};
  int came = 0;
  for (int i = 0; i < 10'000; ++i)
    came += random.chance(30) ? 1 : 0;
  CHECK(came > 2800);
  CHECK(came < 3200);
}
