#pragma once

#include "belfry/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::wire {

/// What a document may have at most.
struct json_limits {
  std::size_t bytes_max = 512 << 20; ///< the greatest payload of a node, 256 MiB, as base64 text
  std::size_t depth_max = 64;        ///< of arrays and objects inside each other
};

struct json_member;

/// A value of a JSON document that `read_json` has checked: a view of the document's text, which
/// must outlive the value. The text stays as it was: numbers of any length keep all their digits,
/// objects the order of their members. Each function reads the value's text again.
class json_value {
public:
  enum class type : std::uint8_t { null, boolean, number, string, array, object };

  /// Requires: `text` is one checked value, without blanks around it.
  explicit json_value(std::string_view text) : text_(text) {}

  [[nodiscard]] type kind() const;
  /// The text of the value, byte for byte as in the document.
  [[nodiscard]] std::string_view source() const { return text_; }

  // Of a value of another type, each of these functions returns a failure that names `field`, shows
  // the value and says what was expected.

  [[nodiscard]] result<bool> boolean(std::string_view field) const;
  /// The characters that a string stands for, as UTF-8. Fails if half of a surrogate pair is alone.
  [[nodiscard]] result<std::string> string(std::string_view field) const;
  /// A number without fraction and exponent. Fails outside of `min` to `max`.
  [[nodiscard]] result<std::int64_t> integer(std::string_view field, std::int64_t min,
                                             std::int64_t max) const;
  [[nodiscard]] result<std::vector<json_value>> elements(std::string_view field) const;
  /// The members of an object in their order. Fails if two have the same name, and names it.
  [[nodiscard]] result<std::vector<json_member>> members(std::string_view field) const;

  /// `field` is `value`, expected `expected`. Of a long value only the beginning is shown.
  [[nodiscard]] failure unexpected(std::string_view field, std::string_view expected) const;

private:
  std::string_view text_;
};

struct json_member {
  std::string name;
  json_value value;
};

/// Checks that `text` is one JSON document (RFC 8259, in UTF-8, perhaps after a byte order mark)
/// within `limits`, and returns its value. Members of the same name and numbers of any size are
/// allowed, since only the reader of an object or a number knows what they mean. A failure says
/// what is wrong and at which byte, from 1. Takes time in proportion to the text, and memory in
/// proportion to the depth.
[[nodiscard]] result<json_value> read_json(std::string_view text, const json_limits& limits = {});

} // namespace belfry::wire
