#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace belfry::shell {

/// A line on the terminal that says how far a long work is; silent when the standard error is not
/// a terminal. Draws at most ten times a second.
class progress {
public:
  /// `total` of 0: nobody knows.
  progress(std::string title, std::size_t total);
  /// Takes the line away.
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
