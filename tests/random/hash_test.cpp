#include "random/hash.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

TEST_CASE("the hash is FNV-1a of 64 bits", "[hash]") {
  // From the authors' list of test vectors.
  CHECK(fnv1a("") == 0xCBF2'9CE4'8422'2325ULL);
  CHECK(fnv1a("a") == 0xAF63'DC4C'8601'EC8CULL);
  CHECK(fnv1a("foobar") == 0x8594'4171'F739'67E8ULL);
}

TEST_CASE("bytes beyond ASCII hash the same with signed and unsigned char", "[hash]") {
  CHECK(fnv1a("\xff") == (0xCBF2'9CE4'8422'2325ULL ^ 0xff) * 0x0000'0100'0000'01B3ULL);
}

TEST_CASE("a hash can be continued", "[hash]") {
  CHECK(fnv1a("bar", fnv1a("foo")) == fnv1a("foobar"));
  CHECK(fnv1a_step(fnv1a("fooba"), 'r') == fnv1a("foobar"));
}
