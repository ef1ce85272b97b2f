#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::shell {

/// A JSON array or object with one element or member per line, each two blanks further to the right
/// than what it is in. Names, strings and numbers stay byte for byte as they are. Nothing: `text`
/// is no JSON document, is nested more than 64 deep, or is neither an array nor an object.
[[nodiscard]] std::optional<std::string> indented_json(std::string_view text);

} // namespace belfry::shell
