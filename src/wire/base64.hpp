#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::wire {

/// Bytes as text of 64 safe letters (RFC 4648, with padding).
[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// The bytes that `text` stands for; nothing if it is not such a text.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

} // namespace belfry::wire
