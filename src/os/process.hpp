#pragma once

#include <cstddef>
#include <string>

namespace belfry {

/// What this machine calls itself; `node` if it has no name.
[[nodiscard]] std::string host_name();

/// Host name and process id, which tell this process from others: `tower-4711`.
[[nodiscard]] std::string process_name();

/// How many processors there are; 1 if that is not known.
[[nodiscard]] std::size_t processor_count();

/// From now on a write to a connection that the other side has closed fails, and does not end the
/// process.
void ignore_sigpipe();

/// From now on `exit` ends the process at once, with the same status and with the streams flushed:
/// no destructor of a global object runs. For a process with threads that cannot be ended and use
/// such objects.
void skip_destructors_at_exit();

} // namespace belfry
