#include "wire/frames/frame_validator.hpp"

#include "wire/frames/sample_frames.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr std::size_t payload_bytes_max = 10'000;

const auto own = node_of('o');
const auto peer = node_of('p');

/// Passes `bytes` on in chunks; returns the violation, empty: none.
std::string violation_in(frame_side side, const std::string& bytes, std::size_t chunk) {
  frame_validator subject{side, to_frame_node(own), payload_bytes_max};
  for (std::size_t position = 0; position < bytes.size(); position += chunk)
    if (auto violation = subject.find_violation(bytes.data() + position,
                                                std::min(chunk, bytes.size() - position)))
      return *violation;
  return "";
}

std::string violation_in(frame_side side, const std::string& bytes) {
  return violation_in(side, bytes, std::max<std::size_t>(bytes.size(), 1));
}

/// All that a client, or a server, sends in the life of a connection.
const auto client_bytes = client_greeting(peer) + selection(peer) + open_frames(peer, own);
const auto server_bytes = server_greeting(peer) + open_frames(peer, own);

} // namespace

TEST_CASE("a connection between two processes of belfry is valid, in chunks of any size",
          "[frames]") {
  for (const std::size_t chunk : {1, 7, 31, 32, 33, 127, 128, 129, 100'000}) {
    CHECK(violation_in(frame_side::client, client_bytes, chunk).empty());
    CHECK(violation_in(frame_side::server, server_bytes, chunk).empty());
  }
}

TEST_CASE("no bytes change nothing", "[frames]") {
  frame_validator subject{frame_side::client, to_frame_node(own), payload_bytes_max};
  CHECK_FALSE(subject.find_violation(nullptr, 0));
  CHECK_FALSE(subject.find_violation(client_bytes.data(), client_bytes.size()));
  CHECK_FALSE(subject.find_violation(nullptr, 0));
}

TEST_CASE("a handshake without a payload is refused", "[frames]") {
  const std::string client_handshake = std::string(1, '\1') + std::string(31, '\0');
  CHECK(violation_in(frame_side::client, client_handshake) ==
        "message 1: client_handshake: payload_bytes is 0, expected 32");
  CHECK(violation_in(frame_side::server, client_handshake) ==
        "message 1: operation is 1 with flags 0, expected server_handshake (0) with flags 0");
  CHECK(violation_in(frame_side::server, std::string(32, '\0')) ==
        "message 1: server_handshake: payload_bytes is 0, expected 58");
  CHECK(violation_in(frame_side::client, client_bytes + client_handshake).find("operation is 1") !=
        std::string::npos);
}

TEST_CASE("handshakes come first, once and from the right side", "[frames]") {
  using strings = std::vector<std::string>;
  for (const auto& bytes : strings{
           heartbeat_frame(), selection(peer), message_frame("hello", "abc"), server_greeting(peer),
           client_greeting(peer) + client_greeting(peer), client_greeting(peer) + heartbeat_frame(),
           client_greeting(peer) + message_frame("hello", "abc"),
           client_bytes + client_greeting(peer), client_bytes + selection(peer),
           client_bytes + server_greeting(peer)})
    CHECK_THAT(violation_in(frame_side::client, bytes), Catch::Contains("operation is "));
  for (const auto& bytes :
       strings{heartbeat_frame(), client_greeting(peer), selection(peer),
               message_frame("welcome", "abc"), server_bytes + server_greeting(peer),
               server_bytes + client_greeting(peer), server_bytes + selection(peer)})
    CHECK_THAT(violation_in(frame_side::server, bytes), Catch::Contains("operation is "));
}

TEST_CASE("a peer stays the process that its greeting named", "[frames]") {
  const auto other = node_of('x');
  CHECK_THAT(violation_in(frame_side::client, client_greeting(peer) + selection(other)),
             Catch::Contains("source_node is "));
  CHECK_THAT(violation_in(frame_side::client, client_bytes + monitor_frame(other, own)),
             Catch::Contains("source_node is "));
  CHECK_THAT(violation_in(frame_side::server, server_bytes + down_frame(other, own)),
             Catch::Contains("source_node is "));
  CHECK_THAT(violation_in(frame_side::client, client_greeting(own) + selection(own)),
             Catch::Contains("source_node is this process"));
}

TEST_CASE("a routed message is refused", "[frames]") {
  const auto routed =
      frame_of({3, 0, asynchronous_message, 8, 6}, peer + own + envelope_payload("submit", "abc"));
  CHECK_THAT(violation_in(frame_side::client, client_bytes + routed),
             Catch::Contains("operation is 3 "));
}

TEST_CASE("messages up to the limit pass", "[frames]") {
  const auto largest =
      std::string(payload_bytes_max - envelope_payload("grant", "").size() - 1, 'x');
  REQUIRE(envelope_payload("grant", largest).size() == payload_bytes_max);
  for (const std::size_t chunk : {1, 100, 100'000})
    CHECK(violation_in(frame_side::server,
                       server_bytes + message_frame("grant", largest) + heartbeat_frame(), chunk)
              .empty());
}

TEST_CASE("a message beyond the limit is detected by its header", "[frames]") {
  for (const std::uint32_t size :
       {std::uint32_t{payload_bytes_max} + 1, 0x0100'0000U, 0xffff'ffffU}) {
    frame_validator subject{frame_side::client, to_frame_node(own), payload_bytes_max};
    const auto bytes = client_bytes + header_of({2, 0, asynchronous_message, 8, 6}, size);
    CHECK_FALSE(subject.find_violation(bytes.data(), bytes.size() - 1));
    CHECK(subject.find_violation(bytes.data() + bytes.size() - 1, 1));
  }
}

TEST_CASE("the violation names the message by its number", "[frames]") {
  const auto bytes = client_greeting(peer) + selection(peer) + heartbeat_frame() +
                     message_frame("submit", "abc") + message_frame("link", "abc");
  CHECK(violation_in(frame_side::client, bytes) == "message 5: direct_message: message is " +
                                                       std::to_string(atom_number("link")) +
                                                       ", expected a message of belfry");
}
