#pragma once

#include "belfry/result.hpp"
#include "os/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace belfry {

/// A line of an `input_file`, without its line break.
struct input_line {
  std::string text;         ///< the beginning of a line that is too long
  bool is_too_long = false; ///< it has more bytes than the caller allowed
};

/// Reads a file, a pipe or the standard input from front to end. A read error is a failure that
/// names the file and the system's reason: never the end of the input, nor of a line. A standard
/// input that is closed cannot be read.
class input_file {
public:
  /// Opens the file `path`; `-` is the standard input.
  static result<input_file> open(const std::string& path);

  /// Called with the descriptor each time before it is read, which may block: to wait there for the
  /// input and for something else. If it returns false, the input ends here, as at its end.
  using read_guard = std::function<bool(int input)>;
  void set_read_guard(read_guard guard) { guard_ = std::move(guard); }

  /// The next line, nothing at the end. Of a longer line than `bytes_max` it keeps no more than
  /// these bytes in memory.
  result<std::optional<input_line>> read_line(std::size_t bytes_max);

  /// All bytes up to the end.
  result<std::string> read_all();

  /// How many bytes a regular file had, at the opening, from there to its end. Nothing: it is no
  /// regular file, or it does not tell, as files of /proc.
  [[nodiscard]] std::optional<std::uint64_t> size() const { return size_; }
  /// How many of its bytes `read_line` and `read_all` have returned.
  [[nodiscard]] std::uint64_t bytes_taken() const {
    return bytes_read_ - (buffer_.size() - position_);
  }

private:
  input_file(descriptor file, std::string name);

  /// Whether there are more bytes; reads some if none are buffered.
  result<bool> fill();
  [[nodiscard]] int input() const;

  descriptor file_; // None: the standard input.
  std::string name_;
  read_guard guard_; // None: reads at once.
  std::string buffer_;
  std::size_t position_ = 0; // In the buffer.
  std::uint64_t bytes_read_ = 0;
  std::optional<std::uint64_t> size_;
};

/// The bytes of the file `path`; `-` is the standard input.
[[nodiscard]] result<std::string> read_file(const std::string& path);

} // namespace belfry
