#pragma once

#include "belfry/result.hpp"

#include <string>
#include <string_view>

namespace belfry {

/// Reads the token that HTTP clients must send, from a file of 16 to 4096 printable ASCII
/// characters that other users of the machine may not read. A newline at its end does not count.
[[nodiscard]] result<std::string> read_token(const std::string& path);

/// Whether the value of an `Authorization` header is `Bearer` and `token`. Takes the same time
/// however many characters are right.
[[nodiscard]] bool bears_token(std::string_view authorization, std::string_view token);

} // namespace belfry
