#include "wire/frames/payload_reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t shown_characters_max = 40;

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<std::uint8_t>(byte);
    text += digits[value >> 4];
    text += digits[value & 15];
  }
  return text;
}

std::string_view bytes_of(const frame_node& node) {
  return {node.data(), node.size()};
}

} // namespace

std::string_view payload_reader::bytes(std::string_view field, std::size_t size) {
  if (violation_)
    return {};
  if (start_.size() < size) {
    fail(std::string{field} + " has " + std::to_string(start_.size()) + " bytes, expected " +
         std::to_string(size));
    return {};
  }
  const auto taken = start_.substr(0, size);
  start_.remove_prefix(size);
  unread_bytes_ -= size;
  return taken;
}

std::uint64_t payload_reader::number(std::string_view field, std::size_t size,
                                     number_range expected) {
  const auto value = big_endian(bytes(field, size));
  if (!violation_ && !expected.contains(value))
    fail(outside_range(field, value, expected));
  return value;
}

std::uint32_t payload_reader::length(std::string_view field, number_range expected) {
  constexpr unsigned bits_max = 35;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < bits_max; shift += 7) {
    const auto byte = number(field, 1);
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) != 0)
      continue;
    if (shift > 0 && byte == 0)
      fail("the length of " + std::string{field} + " ends in an empty byte");
    if (!violation_ && !expected.contains(value))
      fail(outside_range(field, value, expected));
    if (value > std::numeric_limits<std::uint32_t>::max())
      fail(outside_range(field, value, {0, std::numeric_limits<std::uint32_t>::max()}));
    return violation_ ? 0 : static_cast<std::uint32_t>(value);
  }
  fail("the length of " + std::string{field} + " has more than 5 bytes");
  return 0;
}

std::string_view payload_reader::text(std::string_view field) {
  return bytes(field, length(field));
}

void payload_reader::expect_text(std::string_view field, std::string_view expected) {
  const auto found = text(field);
  if (found != expected)
    fail(std::string{field} + " is '" + excerpt(found) + "', expected '" + std::string{expected} +
         "'");
}

void payload_reader::expect_atom(std::string_view field, std::string_view expected) {
  number(field, 8, exactly(atom_number(expected)));
}

frame_node payload_reader::node(std::string_view field) {
  frame_node found{};
  const auto taken = bytes(field, found.size());
  std::copy(taken.begin(), taken.end(), found.begin());
  const auto host = taken.substr(std::min<std::size_t>(12, taken.size()));
  const bool is_valid = taken.size() == found.size() &&
                        big_endian(taken.substr(0, 8)) == atom_number("default") &&
                        big_endian(taken.substr(8, 4)) != 0 &&
                        std::any_of(host.begin(), host.end(), [](char byte) { return byte != 0; });
  if (!is_valid)
    fail(std::string{field} + " is " + hexadecimal(taken) + ", expected a process");
  return found;
}

void payload_reader::expect_node(std::string_view field, const frame_node& expected) {
  const auto found = node(field);
  if (found != expected)
    fail(std::string{field} + " is " + hexadecimal(bytes_of(found)) + ", expected " +
         hexadecimal(bytes_of(expected)));
}

void payload_reader::expect_rest(std::string_view field, std::uint64_t size) {
  if (unread_bytes_ != size)
    fail(std::string{field} + " has " + std::to_string(unread_bytes_) + " bytes, expected " +
         std::to_string(size));
}

void payload_reader::fail(std::string violation) {
  if (!violation_)
    violation_ = std::move(violation);
}

std::string excerpt(std::string_view text) {
  std::string shown{text.substr(0, shown_characters_max)};
  for (auto& character : shown)
    if (character < ' ' || character > '~' || character == '"')
      character = '?';
  return text.size() > shown_characters_max ? shown + "..." : shown;
}

} // namespace belfry
