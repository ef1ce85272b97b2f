#pragma once

#include "belfry/result.hpp"

#include <concepts>
#include <string>
#include <utility>

namespace belfry {

/// Turns values of `Value` into the bytes of a payload or an output, and back. Specialise it for
/// your own types; docs/guides/write_a_handler.md has one for a struct, and one for all messages of
/// Protobuf. It has two functions, which may be called from several threads at once:
///
///     static std::string encode(const Value& value);
///     static result<Value> decode(const std::string& bytes);
///
/// `decode` fails for bytes that are no `Value`, and its text says why. It should read what earlier
/// versions of the program have encoded: tasks may wait for long.
template <class Value>
struct codec;

template <>
struct codec<std::string> {
  static std::string encode(std::string text) { return text; }
  static result<std::string> decode(std::string bytes) { return bytes; }
};

/// For kinds without payload or output: encoded as no bytes; bytes to decode are ignored.
template <>
struct codec<done> {
  static std::string encode(done) { return {}; }
  static result<done> decode(const std::string&) { return done{}; }
};

/// Whether there is a codec for `Value`.
template <class Value>
concept encodable = requires(const Value& value, const std::string& bytes) {
  { codec<Value>::encode(value) } -> std::convertible_to<std::string>;
  { codec<Value>::decode(bytes) } -> std::same_as<result<Value>>;
};

} // namespace belfry
