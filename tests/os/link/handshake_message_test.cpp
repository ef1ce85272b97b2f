#include "os/link/handshake/handshake_message.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace belfry;

namespace {

handshake_message sample() {
  handshake_message message;
  message.methods = 6;
  message.verdict = handshake_verdict::name_not_allowed;
  message.nonce.fill(0x11);
  message.proof.fill(0x22);
  return message;
}

const std::string secret = "sixteen bytes or more";

auto proof_of(handshake_role role, const handshake_message& hello, const handshake_message& answer,
              const std::string& address = "here", const std::string& key = secret) {
  return make_proof(key, role, hello, answer, address);
}

} // namespace

TEST_CASE("a handshake message has a fixed form", "[link]") {
  const auto bytes = to_bytes(sample());

  CHECK(std::string(bytes.begin(), bytes.begin() + 6) == "BELFRY");
  CHECK(bytes[6] == 1);
  CHECK(bytes[7] == 6);
  CHECK(bytes[8] == 3);
  CHECK(std::string(bytes.begin() + 16, bytes.begin() + 48) == std::string(32, '\x11'));
  CHECK(std::string(bytes.begin() + 48, bytes.end()) == std::string(32, '\x22'));
}

TEST_CASE("a handshake message is read as it was written", "[link]") {
  const auto read = from_bytes(to_bytes(sample()));

  CHECK(read.version == handshake_message::current_version);
  CHECK(read.methods == 6);
  CHECK(read.verdict == handshake_verdict::name_not_allowed);
  CHECK(read.nonce == sample().nonce);
  CHECK(read.proof == sample().proof);
}

TEST_CASE("a malformed handshake message is recognised by its first wrong byte", "[link]") {
  auto bytes = to_bytes(sample());
  for (std::size_t count = 0; count <= bytes.size(); ++count)
    CHECK(is_message_prefix(bytes, count));
  bytes[4] = 'r';
  CHECK(is_message_prefix(bytes, 4));
  CHECK_FALSE(is_message_prefix(bytes, 5));
}

TEST_CASE("a proof depends on the messages, the address and the role", "[link]") {
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
