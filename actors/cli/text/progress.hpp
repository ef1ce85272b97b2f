#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace belfry::shell {

/// How far a long operation has come.
struct progress_counts {
  std::size_t done = 0;
  std::size_t total = 0;      ///< 0: unknown
  bool is_total_exact = true; ///< false: estimated
  std::chrono::milliseconds spent{0};

  /// Per second; 0: too early to say.
  [[nodiscard]] std::size_t rate() const;
  /// From 0 to 100. Requires: the total is known.
  [[nodiscard]] std::size_t percent() const;
  /// How long the rest takes at the same rate; 0: unknown.
  [[nodiscard]] std::chrono::milliseconds left() const;
};

/// `42 %, 203,209 of ~480,000, 51,680/s, 5s left`, without what is unknown.
[[nodiscard]] std::string progress_sentence(const progress_counts& counts);

/// A line on the terminal that shows the progress of a long operation. Draws at most ten times a
/// second. If the standard error is no terminal, `report` is called instead, every 30 seconds; no
/// function: silence.
class progress {
public:
  using report_function = std::function<void(const progress_counts&)>;

  /// `total` of 0: unknown.
  progress(std::string title, std::size_t total, report_function report = {});
  /// Erases the line.
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  void set_total(std::size_t total, bool is_exact);
  void show(std::size_t so_far);

private:
  using clock = std::chrono::steady_clock;

  void draw() const;

  const std::string title_;
  progress_counts counts_;
  const report_function report_;
  const bool is_terminal_;
  const clock::time_point begin_;
  clock::time_point next_; // When it is drawn or reported again.
  bool is_drawn_ = false;
};

} // namespace belfry::shell
