#pragma once

#include "wire/frames/frame_numbers.hpp"
#include "wire/frames/frame_payload.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry::test {

/// The bytes of a number as CAF writes it.
inline std::string bytes_of(std::uint64_t number, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    bytes[size - 1 - i] = static_cast<char>(number >> (8 * i));
  return bytes;
}

/// A length of CAF: seven bits per byte, the lowest first.
inline std::string length_of(std::uint32_t length) {
  std::string bytes;
  for (; length > 0x7f; length >>= 7)
    bytes += static_cast<char>((length & 0x7f) | 0x80);
  return bytes + static_cast<char>(length);
}

inline std::string text_of(const std::string& text) {
  return length_of(static_cast<std::uint32_t>(text.size())) + text;
}

inline std::string atom_of(const std::string& word) {
  return bytes_of(atom_number(word), 8);
}

/// A process; different letters, different processes.
inline std::string node_of(char letter) {
  return atom_of("default") + bytes_of(4'711, 4) + std::string(20, letter);
}

inline frame_node to_frame_node(const std::string& bytes) {
  frame_node node{};
  std::copy_n(bytes.begin(), node.size(), node.begin());
  return node;
}

/// The fields of a header that differ between frames.
struct sample_header {
  std::uint8_t operation = 0;
  std::uint8_t flags = 0;
  std::uint64_t operation_data = 0;
  std::uint64_t source_actor = 0;
  std::uint64_t dest_actor = 0;
};

constexpr std::uint64_t asynchronous_message = 0x1000'0000'0000'0000;

/// A header that announces `payload_bytes`.
inline std::string header_of(const sample_header& header, std::uint32_t payload_bytes) {
  return bytes_of(header.operation, 1) + bytes_of(0, 2) + bytes_of(header.flags, 1) +
         bytes_of(payload_bytes, 4) + bytes_of(header.operation_data, 8) +
         bytes_of(header.source_actor, 8) + bytes_of(header.dest_actor, 8);
}

inline std::string frame_of(const sample_header& header, const std::string& payload) {
  return header_of(header, static_cast<std::uint32_t>(payload.size())) + payload;
}

inline std::string server_greeting(const std::string& node) {
  return frame_of({0, 0, 3, 0, 0},
                  node + length_of(1) + text_of("generic-caf-app") + bytes_of(6, 8) + length_of(0));
}

inline std::string client_greeting(const std::string& node) {
  return frame_of({1, 0, 0, 0, 0}, node);
}

inline std::string selection(const std::string& node) {
  return frame_of({1, 2, 0, 0, 0}, node);
}

/// What precedes the values of a message.
inline std::string types_of(const std::string& types) {
  return length_of(0) + bytes_of(0, 2) + text_of(types);
}

inline std::string envelope_payload(const std::string& word, const std::string& bytes) {
  return types_of("@<>+@atom+belfry::envelope") + atom_of(word) + text_of(bytes) + bytes_of(0, 4);
}

/// A message of belfry with these bytes in its envelope.
inline std::string message_frame(const std::string& word, const std::string& bytes) {
  return frame_of({2, 0, asynchronous_message, 8, 6}, envelope_payload(word, bytes));
}

/// The header and the start of a message whose envelope has `envelope_bytes`, none of which follow.
inline std::string announced_message(std::uint32_t envelope_bytes) {
  const auto start =
      types_of("@<>+@atom+belfry::envelope") + atom_of("submit") + length_of(envelope_bytes);
  return header_of({2, 0, asynchronous_message, 8, 6},
                   static_cast<std::uint32_t>(start.size()) + envelope_bytes + 4) +
         start;
}

inline std::string query_frame() {
  return frame_of({2, 1, asynchronous_message, 10, atom_number("SpawnServ")},
                  types_of("@<>+@atom+@atom+@str") + atom_of("sys") + atom_of("get") +
                      text_of("info"));
}

/// `sender` answers a query.
inline std::string answer_frame(const std::string& sender) {
  return frame_of({2, 0, asynchronous_message, 1, 15},
                  types_of("@<>+@atom+@str+@strong_actor_ptr+@str") + atom_of("ok") +
                      text_of("info") + bytes_of(1, 8) + sender + text_of("spawn_server"));
}

inline std::string monitor_frame(const std::string& sender, const std::string& receiver) {
  return frame_of({4, 0, 0, 0, 6}, sender + receiver);
}

/// An actor has ended; `reason` is empty or a text.
inline std::string down_frame(const std::string& sender, const std::string& receiver,
                              const std::string& reason = "") {
  const auto why =
      bytes_of(0, 2) + (reason.empty() ? text_of("@<>") : text_of("@<>+@str") + text_of(reason));
  return frame_of({5, 0, 0, 7, 0}, sender + receiver + bytes_of(4, 1) + atom_of("exit") + why);
}

inline std::string heartbeat_frame() {
  return frame_of({6, 0, 0, 0, 0}, "");
}

/// All that a peer may send once the handshakes are over.
inline std::string open_frames(const std::string& sender, const std::string& receiver) {
  return query_frame() + monitor_frame(sender, receiver) + answer_frame(sender) +
         message_frame("hello", "") + message_frame("submit", std::string(1'000, 'x')) +
         heartbeat_frame() + down_frame(sender, receiver) +
         down_frame(sender, receiver, std::string(300, 'y'));
}

} // namespace belfry::test
