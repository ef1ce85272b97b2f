#pragma once

#include "os/descriptor.hpp"

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace belfry {

/// A process to be started.
struct exec_command {
  /// Under which the process inherits its `progress_file`.
  static constexpr int progress_descriptor = 3;

  std::vector<std::string> command; ///< looked up in the PATH of `environment`
  std::map<std::string, std::string> environment;
  std::string directory; ///< empty: this process's
  std::string stdin_text;
  int progress_file = -1; ///< greater than `progress_descriptor`; -1: none
};

/// Why a process could not be started.
struct exec_start_error {
  enum class step : std::uint8_t { none, find, prepare, enter_directory, start };

  step stage = step::none;
  int error = 0; ///< errno
};

/// The resource that the machine or this process lacks if a call fails with `error` (errno):
/// "descriptors", "processes" or "memory". Empty: the failure has another reason.
[[nodiscard]] std::string_view shortage_of(int error);

/// A child process, the first of its own session and process group: it has no terminal.
///
/// Belongs to the thread that started it: the kernel kills the process when that thread ends. It
/// inherits no descriptors but its standard input, output, error and progress file, no ignored or
/// blocked signals, and the limit of open descriptors that this process had before it was raised.
class exec_process {
public:
  /// Starts `command`; the error's `stage` is `none` if that succeeded. Otherwise not a single
  /// instruction of the command has run.
  [[nodiscard]] exec_start_error start(const exec_command& command);

  ~exec_process();

  exec_process() = default;
  exec_process(const exec_process&) = delete;
  exec_process& operator=(const exec_process&) = delete;

  /// What the process writes to its stdout and stderr. Reading does not block.
  descriptor out;
  descriptor err;
  /// Readable once the process has ended.
  descriptor exited;

  /// Sends a signal to the process and all of its group.
  ///
  /// Requires: the process is not reaped.
  void signal_group(int signal) const;

  /// Waits for the process and returns its wait status, or -1 if another part of the program
  /// collected it.
  [[nodiscard]] int reap();

private:
  pid_t pid_ = 0; // 0: none, or reaped.
};

} // namespace belfry
