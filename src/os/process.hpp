#pragma once

#include <string>

namespace belfry {

/// Host name and process id, which tell this process from others: `tower-4711`.
[[nodiscard]] std::string process_name();

/// From now on a write to a connection that the other side has closed fails, and does not end the
/// process.
void ignore_broken_pipes();

} // namespace belfry
