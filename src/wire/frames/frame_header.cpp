#include "wire/frames/frame_header.hpp"

#include <algorithm>
#include <array>

namespace belfry {

namespace {

/// `caf/io/basp/version.hpp`.
constexpr std::uint64_t basp_version = 3;
/// `caf/message_id.hpp`: no request, no response, no stream, of normal priority. CAF takes a
/// message of a stream for what its number says, whatever it holds.
constexpr std::uint64_t asynchronous = 0x1000'0000'0000'0000;
/// Of a `direct_message`: `dest_actor` is a name.
constexpr std::uint8_t named_receiver = 1;
/// Of a `client_handshake`: the server uses this connection from now on.
constexpr std::uint8_t select_connection = 2;

constexpr number_range zero = exactly(0);
constexpr number_range not_zero = at_least(1);

/// All that CAF 0.17.6 sends between processes of belfry. Missing are `routed_message`, since
/// processes exchange no handles of third ones, and all that belfry does not use: requests,
/// streams, exit messages, links.
///
/// CAF itself dereferences the payload of a handshake without one, takes a second handshake of any
/// process, and forwards what is addressed to others.
constexpr std::array<frame_rule, 8> rules{{
    // name, operation, flags, stage, content, next stage,
    // payload_bytes, operation_data, source_actor, dest_actor
    {"server_handshake", 0, 0, frame_stage::server_greeting, frame_content::server_greeting,
     frame_stage::open, exactly(58), exactly(basp_version), zero, zero},
    {"client_handshake", 1, 0, frame_stage::client_greeting, frame_content::client_greeting,
     frame_stage::selection, exactly(32), zero, zero, zero},
    {"client_handshake", 1, select_connection, frame_stage::selection, frame_content::selection,
     frame_stage::open, exactly(32), zero, zero, zero},
    {"direct_message", 2, 0, frame_stage::open, frame_content::message, frame_stage::open,
     at_least(43), exactly(asynchronous), any_number, not_zero},
    {"direct_message", 2, named_receiver, frame_stage::open, frame_content::query,
     frame_stage::open, exactly(45), exactly(asynchronous), not_zero,
     exactly(atom_number("SpawnServ"))},
    {"monitor_message", 4, 0, frame_stage::open, frame_content::monitor, frame_stage::open,
     exactly(64), zero, zero, not_zero},
    {"down_message",
     5,
     0,
     frame_stage::open,
     frame_content::down,
     frame_stage::open,
     {79, 65'536},
     zero,
     not_zero,
     zero},
    {"heartbeat", 6, 0, frame_stage::open, frame_content::nothing, frame_stage::open, zero, zero,
     zero, zero},
}};

std::string rule_text(const frame_rule& rule) {
  return std::string{rule.name} + " (" + std::to_string(rule.operation) + ") with flags " +
         std::to_string(rule.flags);
}

} // namespace

frame_header read_frame_header(std::string_view bytes) {
  const auto number = [bytes](std::size_t at, std::size_t size) {
    return big_endian(bytes.substr(at, size));
  };
  frame_header header;
  header.operation = static_cast<std::uint8_t>(number(0, 1));
  header.padding = static_cast<std::uint16_t>(number(1, 2));
  header.flags = static_cast<std::uint8_t>(number(3, 1));
  header.payload_bytes = static_cast<std::uint32_t>(number(4, 4));
  header.operation_data = number(8, 8);
  header.source_actor = number(16, 8);
  header.dest_actor = number(24, 8);
  return header;
}

const frame_rule* find_frame_rule(const frame_header& header, frame_stage stage) {
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const frame_rule& rule) {
    return rule.stage == stage && rule.operation == header.operation && rule.flags == header.flags;
  });
  return found == rules.end() ? nullptr : &*found;
}

std::string unexpected_frame(const frame_header& header, frame_stage stage) {
  auto text = "operation is " + std::to_string(header.operation) + " with flags " +
              std::to_string(header.flags) + ", expected ";
  const char* separator = "";
  for (const auto& rule : rules) {
    if (rule.stage != stage)
      continue;
    text += separator + rule_text(rule);
    separator = " or ";
  }
  return text;
}

std::optional<std::string> header_violation(const frame_header& header, const frame_rule& rule) {
  struct field {
    const char* name;
    std::uint64_t value;
    number_range expected;
  };
  const std::array<field, 5> fields{{
      {"padding", header.padding, zero},
      {"payload_bytes", header.payload_bytes, rule.payload_bytes},
      {"operation_data", header.operation_data, rule.operation_data},
      {"source_actor", header.source_actor, rule.source_actor},
      {"dest_actor", header.dest_actor, rule.dest_actor},
  }};
  for (const auto& [name, value, expected] : fields)
    if (!expected.contains(value))
      return outside_range(name, value, expected);
  return {};
}

} // namespace belfry
