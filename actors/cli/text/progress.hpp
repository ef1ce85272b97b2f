#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace belfry::shell {

/// A line on the terminal that shows the progress of a long operation; silent when the standard
/// error is not a terminal. Draws at most ten times a second.
class progress {
public:
  /// `total` of 0: unknown.
  progress(std::string title, std::size_t total);
  /// Erases the line.
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  void show(std::size_t so_far);

private:
  const std::string title_;
  const std::size_t total_;
  const bool is_terminal_;
  const std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point drawn_{};
};

} // namespace belfry::shell
