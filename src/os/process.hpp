#pragma once

#include <cstddef>
#include <string>

namespace belfry {

/// The name of this machine; `node` if it has none.
[[nodiscard]] std::string host_name();

/// Host name and process id: `tower-4711`.
[[nodiscard]] std::string process_name();

/// The number of processors; 1 if unknown.
[[nodiscard]] std::size_t processor_count();

/// Makes a write to a closed connection fail instead of ending the process. A handler that the
/// program has installed stays.
void ignore_sigpipe();

/// Opens /dev/null in place of each of the descriptors 0, 1 and 2 that is closed. Otherwise the
/// next files that the process opens get these numbers, and log lines are written into them. The
/// input is opened for writing and the outputs for reading: their use fails with EBADF, as that of
/// closed descriptors does. To be called before threads start.
void open_standard_descriptors();

/// Whether the standard output is a pipe or a connection that nobody reads any more.
[[nodiscard]] bool has_output_lost_its_reader();

/// Has the kernel keep the exit statuses of children, which it drops if the process that started
/// this one ignored SIGCHLD. A handler that the program has installed stays.
void keep_exit_statuses();

/// Makes `exit` end the process at once, with its status and with flushed streams, but without
/// running destructors of global objects. For a process with threads that use such objects and
/// cannot be stopped.
void skip_destructors_at_exit();

} // namespace belfry
