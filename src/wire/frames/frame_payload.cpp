#include "wire/frames/frame_payload.hpp"

#include "wire/frames/payload_reader.hpp"

#include <algorithm>

namespace belfry {

namespace {

/// The messages of `include/belfry/actors/protocol.hpp`.
constexpr std::array<std::uint64_t, 20> known_messages{
    atom_number("hello"),      atom_number("welcome"),  atom_number("submit"),
    atom_number("submitted"),  atom_number("request"),  atom_number("response"),
    atom_number("attach"),     atom_number("attached"), atom_number("heartbeat"),
    atom_number("hbeat_ack"),  atom_number("credit"),   atom_number("grant"),
    atom_number("revoke"),     atom_number("report"),   atom_number("report_ack"),
    atom_number("cluster"),    atom_number("refresh"),  atom_number("demand"),
    atom_number("creditback"), atom_number("defer"),
};

/// What CAF writes before the values of a message: "@<>", and a type after each "+".
constexpr std::string_view envelope_types = "@<>+@atom+belfry::envelope";
constexpr std::string_view query_types = "@<>+@atom+@atom+@str";
constexpr std::string_view answer_types = "@<>+@atom+@str+@strong_actor_ptr+@str";
constexpr std::string_view no_types = "@<>";
constexpr std::string_view text_type = "@<>+@str";

/// Of an envelope, after its bytes.
constexpr std::uint64_t shard_bytes = 4;

void read_server_greeting(payload_reader& reader, frame_nodes& nodes) {
  nodes.peer = reader.node("source_node");
  reader.length("applications", exactly(1));
  reader.expect_text("application", "generic-caf-app");
  reader.number("published actor", 8, at_least(1));
  reader.length("interfaces", exactly(0));
  reader.expect_rest("the end", 0);
}

void read_client_greeting(payload_reader& reader, frame_nodes& nodes) {
  nodes.peer = reader.node("source_node");
  reader.expect_rest("the end", 0);
}

/// A node that connects to itself closes the connection before this. Otherwise a peer could claim
/// to be this process, and its actors to be those of this process.
void read_selection(payload_reader& reader, const frame_nodes& nodes) {
  reader.expect_node("source_node", nodes.peer);
  if (nodes.peer == nodes.own)
    reader.fail("source_node is this process, expected another");
  reader.expect_rest("the end", 0);
}

void read_envelope(payload_reader& reader) {
  const auto message = reader.number("message", 8);
  if (std::find(known_messages.begin(), known_messages.end(), message) == known_messages.end())
    reader.fail("message is " + std::to_string(message) + ", expected a message of belfry");
  const auto size = reader.length("envelope");
  reader.expect_rest("envelope", size + shard_bytes);
}

void read_answer(payload_reader& reader, const frame_nodes& nodes) {
  reader.expect_atom("message", "ok");
  reader.expect_text("key", "info");
  reader.number("actor", 8, at_least(1));
  reader.expect_node("node of the actor", nodes.peer);
  reader.expect_text("name of the actor", "spawn_server");
  reader.expect_rest("the end", 0);
}

/// What precedes the values of every message: whom else it passes (nobody), and its types, which
/// CAF could also give as a number.
std::string_view read_types(payload_reader& reader) {
  reader.length("stages", exactly(0));
  reader.number("number of the types", 2, exactly(0));
  return reader.text("types");
}

void refuse_types(payload_reader& reader, std::string_view types, std::string_view expected) {
  reader.fail("types are '" + excerpt(types) + "', expected '" + std::string{expected} + "'");
}

void read_message(payload_reader& reader, const frame_nodes& nodes) {
  const auto types = read_types(reader);
  if (types == envelope_types)
    return read_envelope(reader);
  if (types == answer_types)
    return read_answer(reader, nodes);
  refuse_types(reader, types, envelope_types);
}

void read_query(payload_reader& reader) {
  const auto types = read_types(reader);
  if (types != query_types)
    refuse_types(reader, types, query_types);
  reader.expect_atom("message", "sys");
  reader.expect_atom("command", "get");
  reader.expect_text("key", "info");
  reader.expect_rest("the end", 0);
}

/// CAF would remember monitors of any process, and forward what is for another.
void read_monitor(payload_reader& reader, const frame_nodes& nodes) {
  reader.expect_node("source_node", nodes.peer);
  reader.expect_node("dest_node", nodes.own);
}

void read_down(payload_reader& reader, const frame_nodes& nodes) {
  read_monitor(reader, nodes);
  reader.number("code of the reason", 1);
  reader.number("category of the reason", 8);
  reader.number("number of the types", 2, exactly(0));
  const auto types = reader.text("types");
  if (types == no_types)
    return reader.expect_rest("the end", 0);
  if (types != text_type)
    return refuse_types(reader, types, text_type);
  const auto size = reader.length("text of the reason");
  reader.expect_rest("text of the reason", size);
}

void read_content(frame_content content, payload_reader& reader, frame_nodes& nodes) {
  switch (content) {
  case frame_content::nothing:
    return reader.expect_rest("the payload", 0);
  case frame_content::client_greeting:
    return read_client_greeting(reader, nodes);
  case frame_content::selection:
    return read_selection(reader, nodes);
  case frame_content::server_greeting:
    return read_server_greeting(reader, nodes);
  case frame_content::message:
    return read_message(reader, nodes);
  case frame_content::query:
    return read_query(reader);
  case frame_content::monitor:
    read_monitor(reader, nodes);
    return reader.expect_rest("the end", 0);
  case frame_content::down:
    return read_down(reader, nodes);
  }
}

} // namespace

std::optional<std::string> payload_violation(frame_content content, std::string_view start,
                                             std::uint32_t payload_bytes, frame_nodes& nodes) {
  payload_reader reader{start, payload_bytes};
  read_content(content, reader, nodes);
  return reader.violation();
}

} // namespace belfry
