#pragma once

#include <string>
#include <string_view>

namespace belfry {

/// `text` in one line: libpq's messages have several lines, and tabs.
[[nodiscard]] std::string single_line(std::string_view text);

/// Why libpq cannot read `uri`, or reads a part of a password as host or port; empty if neither.
/// The text has libpq's reason, but of what libpq quotes only the names of settings: all else may
/// be a part of a password.
[[nodiscard]] std::string postgres_uri_error(const std::string& uri);

/// `reason` with `…` in place of every text in double quotes that is not the name of a setting of
/// `uri`: a word of small letters and `_` behind its first `?`, and no `@` behind that. (libpq
/// takes a `?` in a password for the begin of the settings if a `/` stands before it.)
[[nodiscard]] std::string without_quoted_secrets(const std::string& reason, const std::string& uri);

} // namespace belfry
