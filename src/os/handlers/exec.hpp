#pragma once

#include "belfry/handler.hpp"
#include "belfry/result.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace belfry {

/// The payload of a task of the kind `exec`: a command to run. As text it is a JSON document:
///
///     {"command": ["gzip", "big.log"], "environment": {"LANG": "C"}, "directory": "/var/log",
///      "stdin": "", "shell": false}
///
/// Only `command` is required. With `"shell": true` it is one string, for `/bin/sh -c`.
struct exec_payload {
  std::vector<std::string> command{}; ///< the program and its arguments; for a shell one string
  bool shell = false;
  std::map<std::string, std::string> environment{}; ///< added to the worker's own
  std::string directory{};                          ///< to run in; empty: the worker's
  std::string stdin_text{};                         ///< what the command reads

  friend bool operator==(const exec_payload&, const exec_payload&) = default;
};

/// Both ways between the payload and its text. A failure names the field and what was expected.
[[nodiscard]] result<std::string> write(const exec_payload& from);
[[nodiscard]] result<exec_payload> parse_exec_payload(const std::string& text);

struct exec_limits {
  std::size_t output_bytes_max = 60 * 1024; ///< beyond it the middle is cut out
  duration grace{1'500}; ///< from SIGTERM to SIGKILL; less than the worker's own grace
};

/// The handler of the built-in kind `exec`.
///
/// Runs the command in a process group of its own, which is killed with SIGTERM and, after the
/// grace, SIGKILL if the run is cancelled; what the command leaves behind in its group is killed
/// when it ends, and the command itself when the worker dies. It finds BELFRY_TASK, BELFRY_TOKEN
/// and BELFRY_ATTEMPT in its environment.
///
/// Status 0 is a success; the output is what the command wrote, stdout and stderr together.
/// Failures: `exit_status`, `killed_by_signal`, `cancelled`, `directory_not_found`, `exec_failed`,
/// and for good `command_not_found` and `invalid_payload`.
[[nodiscard]] handler exec_handler(exec_limits limits = {});

} // namespace belfry
