#pragma once

#include "belfry/result.hpp"

#include <map>
#include <string>
#include <vector>

namespace belfry {

/// The payload of a task of kind `exec`: a command to run. Its text is a JSON document:
///
///     {"command": ["gzip", "big.log"], "environment": {"LANG": "C"}, "directory": "/var/log",
///      "stdin": "", "shell": false}
///
/// Only `command` is required. With `"shell": true` it is one string, for `/bin/sh -c`.
struct exec_payload {
  std::vector<std::string> command{}; ///< the program and its arguments; for a shell one string
  bool shell = false;
  std::map<std::string, std::string> environment{}; ///< added to the worker's environment
  std::string directory{};                          ///< working directory; empty: the worker's
  std::string stdin_text{};                         ///< standard input of the command

  friend bool operator==(const exec_payload&, const exec_payload&) = default;
};

/// Convert the payload to its text and back. A failure names the field and what was expected. A
/// field that is given twice is refused.
[[nodiscard]] result<std::string> write(const exec_payload& from);
[[nodiscard]] result<exec_payload> parse_exec_payload(const std::string& text);

} // namespace belfry
