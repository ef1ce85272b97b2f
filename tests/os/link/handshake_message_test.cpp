#include "os/link/handshake_message.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

namespace {

handshake_message sample() {
  handshake_message word;
  word.methods = 6;
  word.verdict = handshake_verdict::name_not_allowed;
  word.nonce.fill(0x11);
  word.proof.fill(0x22);
  return word;
}

const std::string secret = "sixteen bytes or more";

auto proof_of(handshake_role side, const handshake_message& hello, const handshake_message& answer,
              const std::string& place = "here", const std::string& with = secret) {
  return make_proof(with, side, hello, answer, place);
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

  CHECK(read.version == handshake_message::current_version);
  CHECK(read.methods == 6);
  CHECK(read.verdict == handshake_verdict::name_not_allowed);
  CHECK(read.nonce == sample().nonce);
  CHECK(read.proof == sample().proof);
}

TEST_CASE("what is no word is known by its first wrong byte", "[link]") {
  auto bytes = to_bytes(sample());
  for (std::size_t count = 0; count <= bytes.size(); ++count)
    CHECK(is_message_prefix(bytes, count));
  bytes[4] = 'r';
  CHECK(is_message_prefix(bytes, 4));
  CHECK_FALSE(is_message_prefix(bytes, 5));
}

TEST_CASE("a proof depends on all that was said, where, and by whom", "[link]") {
  auto hello = sample();
  auto answer = sample();
  const auto proof = proof_of(handshake_role::client, hello, answer);

  CHECK(constant_time_equal(proof, proof_of(handshake_role::client, hello, answer)));
  CHECK_FALSE(constant_time_equal(proof, proof_of(handshake_role::server, hello, answer)));
  CHECK_FALSE(constant_time_equal(proof, proof_of(handshake_role::client, hello, answer, "there")));
  CHECK_FALSE(constant_time_equal(
      proof, proof_of(handshake_role::client, hello, answer, "here", "another")));
  answer.proof.fill(0);
  CHECK(constant_time_equal(proof, proof_of(handshake_role::client, hello, answer)));
  answer.nonce[31] = 0;
  CHECK_FALSE(constant_time_equal(proof, proof_of(handshake_role::client, hello, answer)));
  answer = sample();
  hello.methods = 7;
  CHECK_FALSE(constant_time_equal(proof, proof_of(handshake_role::client, hello, answer)));
}
