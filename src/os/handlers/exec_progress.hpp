#pragma once

#include "os/descriptor.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace belfry {

/// A file in memory through which a command reads the progress of earlier attempts and saves its
/// own. The command inherits it, see `exec_command`: a path into this process could name another
/// file by the time that a process which the command left behind opens it. Not thread-safe.
class exec_progress {
public:
  /// A file that holds `previous`.
  explicit exec_progress(std::string_view previous);

  /// 0, or the `errno` for which there is no file.
  [[nodiscard]] int error() const { return error_; }
  /// Greater than that under which a command inherits it.
  [[nodiscard]] int number() const { return file_.number(); }

  // Require: there is a file.
  [[nodiscard]] std::size_t size() const;
  /// The first `bytes_max` bytes of it; nothing if it cannot be read. It may still grow: the
  /// command may have left a process behind.
  [[nodiscard]] std::string content(std::size_t bytes_max) const;

private:
  descriptor file_;
  int error_ = 0;
};

} // namespace belfry
