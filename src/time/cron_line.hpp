#pragma once

#include "belfry/result.hpp"
#include "time/cron.hpp"

#include <string_view>
#include <vector>

namespace belfry {

/// Returns the words of `text`, which blanks and tabs separate.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);

/// Returns what the fields of `line`, or the `@name` that stands for them, select; or
/// `invalid_argument` naming the field at fault.
[[nodiscard]] result<cron_fields> parse_cron_line(std::string_view line);

} // namespace belfry
