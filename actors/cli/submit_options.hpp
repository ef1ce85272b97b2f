#pragma once

#include "cli/program.hpp"

#include "belfry/task.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace belfry::shell {

/// The options of `belfry submit`.
struct submit_options {
  task_spec task;
  std::vector<std::string> arguments; ///< the payload, or the command of the kind `exec`
  std::string file;                   ///< holds the payload, or the stream
  bool is_shell = false;
  bool is_stream = false;
  bool is_wait = false;
  std::optional<duration> wait_timeout; ///< nothing: without a limit
  std::uint32_t retries = 4;
  std::string directory; ///< for `exec`
  std::vector<std::string> environment;
  /// Of a stream: takes a line, by its text and its number in the input, unless it is a task. The
  /// failure is the outcome of the line; nothing: it is a task to submit.
  std::function<std::optional<result<done>>(const std::string& text, std::size_t line)> take_line;
  schedule_spec schedule; ///< if it has a `when.line`, it submits the task
};

/// Fails if the task is of the kind `exec` and holds no command: it would be accepted, and fail in
/// the worker at every attempt.
[[nodiscard]] result<done> check_exec_payload(const task_spec& task);

/// Submits the tasks of a stream of JSON lines: of `options.file`, or of the standard input.
result<exit_code> submit_stream(program& belfry, const submit_options& options);

/// Prints the outcome of a task that was waited for, and `note` behind it; returns the exit status
/// for it.
exit_code report_settled(const program& belfry, const task_info& task,
                         const std::string& note = "");

} // namespace belfry::shell
