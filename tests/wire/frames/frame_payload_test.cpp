#include "wire/frames/frame_payload.hpp"

#include "wire/frames/sample_frames.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

const auto own = node_of('o');
const auto peer = node_of('p');
const auto other = node_of('x');

std::string payload_of(const std::string& frame) {
  return frame.substr(frame_header::size_bytes);
}

/// The violation in a payload of the peer; empty: none.
std::string violation_in(frame_content content, const std::string& payload) {
  frame_nodes nodes{to_frame_node(own), to_frame_node(peer)};
  return payload_violation(content, payload.substr(0, payload_start_bytes_max),
                           static_cast<std::uint32_t>(payload.size()), nodes)
      .value_or("");
}

struct sample {
  frame_content content;
  std::string payload;
};

const std::vector<sample> samples{
    {frame_content::client_greeting, payload_of(client_greeting(peer))},
    {frame_content::selection, payload_of(selection(peer))},
    {frame_content::server_greeting, payload_of(server_greeting(peer))},
    {frame_content::message, payload_of(message_frame("hello", ""))},
    {frame_content::message, payload_of(message_frame("grant", std::string(5'000, 'g')))},
    {frame_content::message, payload_of(answer_frame(peer))},
    {frame_content::query, payload_of(query_frame())},
    {frame_content::monitor, payload_of(monitor_frame(peer, own))},
    {frame_content::down, payload_of(down_frame(peer, own))},
    {frame_content::down, payload_of(down_frame(peer, own, "the disk is full"))},
    {frame_content::down, payload_of(down_frame(peer, own, std::string(5'000, 'r')))},
};

} // namespace

TEST_CASE("what CAF sends is valid", "[frames]") {
  for (const auto& [content, payload] : samples)
    CHECK(violation_in(content, payload).empty());
  CHECK(violation_in(frame_content::nothing, "").empty());
}

TEST_CASE("a payload that ends early, or goes on, is refused", "[frames]") {
  for (const auto& [content, payload] : samples) {
    INFO("content " << static_cast<int>(content) << ", " << payload.size() << " bytes");
    CHECK_FALSE(violation_in(content, payload + '\0').empty());
    for (std::size_t size = 0; size < std::min<std::size_t>(payload.size(), 200); ++size)
      CHECK_FALSE(violation_in(content, payload.substr(0, size)).empty());
  }
}

TEST_CASE("a greeting says which process the peer is", "[frames]") {
  for (const auto& [content, greeting] :
       {sample{frame_content::client_greeting, payload_of(client_greeting(other))},
        sample{frame_content::server_greeting, payload_of(server_greeting(other))}}) {
    frame_nodes nodes{to_frame_node(own), {}};
    CHECK_FALSE(
        payload_violation(content, greeting, static_cast<std::uint32_t>(greeting.size()), nodes));
    CHECK(nodes.peer == to_frame_node(other));
  }
}

TEST_CASE("a peer speaks for itself and to this process only", "[frames]") {
  for (const auto& [content, payload] :
       {sample{frame_content::selection, payload_of(selection(other))},
        sample{frame_content::message, payload_of(answer_frame(other))},
        sample{frame_content::monitor, payload_of(monitor_frame(other, own))},
        sample{frame_content::monitor, payload_of(monitor_frame(peer, other))},
        sample{frame_content::down, payload_of(down_frame(other, own))},
        sample{frame_content::down, payload_of(down_frame(peer, other))}})
    CHECK_THAT(violation_in(content, payload), Catch::Contains("node"));
}

TEST_CASE("a peer that claims to be this process gets no further than its greeting", "[frames]") {
  frame_nodes nodes{to_frame_node(own), {}};
  const auto greeting = payload_of(client_greeting(own));
  CHECK_FALSE(payload_violation(frame_content::client_greeting, greeting, 32, nodes));
  CHECK(payload_violation(frame_content::selection, greeting, 32, nodes) ==
        "source_node is this process, expected another");
}

TEST_CASE("types other than those of belfry's messages are refused", "[frames]") {
  for (const std::string types :
       {"@<>", "@<>+@exit", "@<>+@down", "@<>+@error", "@<>+@atom", "@<>+@atom+@strong_actor_ptr",
        "@<>+@atom+@atom+@str", "@<>+@open_stream_msg", "@<>+@upstream_msg", "@<>+@strmap",
        "@<>+@message", "@<>+@atom+belfry::envelope+@str", ""}) {
    const auto payload = types_of(types) + atom_of("submit") + text_of("abc") + bytes_of(0, 4);
    CHECK(violation_in(frame_content::message, payload) ==
          "types are '" + types + "', expected '@<>+@atom+belfry::envelope'");
  }
}

TEST_CASE("a message that belfry does not have is refused", "[frames]") {
  for (const std::string word : {"", "link", "unlink", "EXIT", "sys", "helloo"})
    CHECK(violation_in(frame_content::message, envelope_payload(word, "abc")) ==
          "message is " + std::to_string(atom_number(word)) + ", expected a message of belfry");
}

TEST_CASE("a type by its number, and a message that others pass on, are refused", "[frames]") {
  CHECK(
      violation_in(frame_content::message, length_of(0) + bytes_of(12, 2) + std::string(50, 'x')) ==
      "number of the types is 12, expected 0");
  CHECK(violation_in(frame_content::message, length_of(4'000'000'000) + std::string(50, 'x')) ==
        "stages is 4000000000, expected 0");
}

TEST_CASE("an envelope fills the rest of its message", "[frames]") {
  const auto start = types_of("@<>+@atom+belfry::envelope") + atom_of("submit");
  CHECK(violation_in(frame_content::message, start + length_of(4'000'000'000) + "abcd") ==
        "envelope has 4 bytes, expected 4000000004");
  CHECK(violation_in(frame_content::message, start + length_of(1) + "abcdef") ==
        "envelope has 6 bytes, expected 5");
}

TEST_CASE("CAF's question is answered, and no other of its kind", "[frames]") {
  const auto types = types_of("@<>+@atom+@atom+@str");
  CHECK_THAT(
      violation_in(frame_content::query, types + atom_of("sys") + atom_of("put") + text_of("info")),
      Catch::StartsWith("command is "));
  CHECK(violation_in(frame_content::query,
                     types + atom_of("sys") + atom_of("get") + text_of("evil")) ==
        "key is 'evil', expected 'info'");
  CHECK_THAT(violation_in(frame_content::query, envelope_payload("submit", "abc")),
             Catch::StartsWith("types are "));
}

TEST_CASE("the reason of an ended actor holds a text or nothing", "[frames]") {
  const auto start = peer + own + bytes_of(4, 1) + atom_of("exit") + bytes_of(0, 2);
  CHECK(violation_in(frame_content::down, start + text_of("@<>+@strmap") + length_of(0)) ==
        "types are '@<>+@strmap', expected '@<>+@str'");
  CHECK(violation_in(frame_content::down, start + text_of("@<>+@str") + length_of(4'000'000'000)) ==
        "text of the reason has 0 bytes, expected 4000000000");
}
