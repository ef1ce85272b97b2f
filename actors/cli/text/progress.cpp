#include "cli/text/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace belfry::shell {

progress::progress(std::string title, std::size_t total)
    : title_(std::move(title)), total_(total), is_terminal_(isatty(STDERR_FILENO) == 1),
      begin_(std::chrono::steady_clock::now()) {}

progress::~progress() {
  if (is_terminal_ && drawn_ != std::chrono::steady_clock::time_point{})
    std::cerr << "\r\033[K" << std::flush;
}

void progress::show(std::size_t so_far) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal_ || now - drawn_ < 100ms)
    return;
  drawn_ = now;
  const auto seconds = std::chrono::duration<double>(now - begin_).count();
  std::cerr << "\r\033[K" << title_ << ' ';
  if (total_ > 0) {
    constexpr std::size_t width = 30;
    const auto filled = std::min(width, so_far * width / total_);
    std::cerr << '[' << std::string(filled, '#') << std::string(width - filled, '.') << "] "
              << so_far * 100 / total_ << " %  ";
  }
  std::cerr << so_far;
  if (seconds > 0.5)
    std::cerr << "  " << static_cast<std::size_t>(static_cast<double>(so_far) / seconds) << "/s";
  std::cerr << std::flush;
}

} // namespace belfry::shell
