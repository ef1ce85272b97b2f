#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace belfry {

/// Keeps the beginning and the end of a stream and drops the middle. A UTF-8 text stays one: it is
/// cut between characters.
///
/// Needs no more memory than twice its limit, however long the stream is. Not thread-safe.
class exec_output {
public:
  /// Keeps at most `bytes_max` bytes, a third of them from the beginning.
  explicit exec_output(std::size_t bytes_max);

  void add(std::string_view bytes);

  /// The kept text, with a line in place of the dropped middle.
  [[nodiscard]] std::string text() const;

  /// The last lines of the stream, at most `lines_max` and `bytes_max`, without the final newline.
  [[nodiscard]] std::string last_lines(std::size_t lines_max, std::size_t bytes_max) const;

private:
  [[nodiscard]] std::string_view tail() const;

  std::size_t head_max_;
  std::size_t tail_max_;
  std::string head_;
  std::string rest_;        // The end of the stream, and more before it that is not dropped yet.
  std::size_t dropped_ = 0; // Bytes between head_ and rest_.
};

} // namespace belfry
