#include "os/link/link_word.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

namespace {

link_word sample() {
  link_word word;
  word.kinds = 6;
  word.verdict = link_verdict::other_name;
  word.random.fill(0x11);
  word.proof.fill(0x22);
  return word;
}

const std::string secret = "sixteen bytes or more";

auto proof_of(link_side side, const link_word& hello, const link_word& answer,
              const std::string& place = "here", const std::string& with = secret) {
  return link_proof(with, side, hello, answer, place);
}

} // namespace

TEST_CASE("a word of a link has a form that stays", "[link]") {
  const auto bytes = to_bytes(sample());

  CHECK(std::string(bytes.begin(), bytes.begin() + 6) == "BELFRY");
  CHECK(bytes[6] == 1);
  CHECK(bytes[7] == 6);
  CHECK(bytes[8] == 3);
  CHECK(std::string(bytes.begin() + 16, bytes.begin() + 48) == std::string(32, '\x11'));
  CHECK(std::string(bytes.begin() + 48, bytes.end()) == std::string(32, '\x22'));
}

TEST_CASE("a word of a link is read as it was written", "[link]") {
  const auto read = from_bytes(to_bytes(sample()));

  CHECK(read.version == link_word::version_now);
  CHECK(read.kinds == 6);
  CHECK(read.verdict == link_verdict::other_name);
  CHECK(read.random == sample().random);
  CHECK(read.proof == sample().proof);
}

TEST_CASE("what is no word is known by its first wrong byte", "[link]") {
  auto bytes = to_bytes(sample());
  for (std::size_t count = 0; count <= bytes.size(); ++count)
    CHECK(can_be_word(bytes, count));
  bytes[4] = 'r';
  CHECK(can_be_word(bytes, 4));
  CHECK_FALSE(can_be_word(bytes, 5));
}

TEST_CASE("a proof depends on all that was said, where, and by whom", "[link]") {
  auto hello = sample();
  auto answer = sample();
  const auto proof = proof_of(link_side::dials, hello, answer);

  CHECK(is_same_proof(proof, proof_of(link_side::dials, hello, answer)));
  CHECK_FALSE(is_same_proof(proof, proof_of(link_side::accepts, hello, answer)));
  CHECK_FALSE(is_same_proof(proof, proof_of(link_side::dials, hello, answer, "there")));
  CHECK_FALSE(is_same_proof(proof, proof_of(link_side::dials, hello, answer, "here", "another")));
  answer.proof.fill(0);
  CHECK(is_same_proof(proof, proof_of(link_side::dials, hello, answer)));
  answer.random[31] = 0;
  CHECK_FALSE(is_same_proof(proof, proof_of(link_side::dials, hello, answer)));
  answer = sample();
  hello.kinds = 7;
  CHECK_FALSE(is_same_proof(proof, proof_of(link_side::dials, hello, answer)));
}
