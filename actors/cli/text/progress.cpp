#include "cli/text/progress.hpp"

#include "cli/text/text_format.hpp"

#include "time/time_text.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace belfry::shell {

namespace {

using namespace std::chrono_literals;

constexpr auto draw_pause = 100ms;
constexpr auto report_pause = 30s;

std::string total_of(const progress_counts& counts) {
  return counts.total == 0 ? std::string{}
                           : (counts.is_total_exact ? " of " : " of ~") +
                                 format_number(std::max(counts.total, counts.done));
}

std::string rate_of(const progress_counts& counts, const std::string& gap) {
  std::string text;
  if (counts.rate() > 0)
    text += gap + format_number(counts.rate()) + "/s";
  if (counts.left() > 0ms)
    text += gap + format_duration(counts.left()) + " left";
  return text;
}

} // namespace

std::size_t progress_counts::rate() const {
  return spent > 500ms ? done * 1000 / static_cast<std::size_t>(spent.count()) : 0;
}

std::size_t progress_counts::percent() const {
  return std::min<std::size_t>(done * 100 / total, 100);
}

std::chrono::milliseconds progress_counts::left() const {
  if (rate() == 0 || total <= done)
    return 0ms;
  return std::chrono::ceil<std::chrono::seconds>(spent * (total - done) / done);
}

std::string progress_sentence(const progress_counts& counts) {
  return (counts.total > 0 ? std::to_string(counts.percent()) + " %, " : std::string{}) +
         format_number(counts.done) + total_of(counts) + rate_of(counts, ", ");
}

progress::progress(std::string title, std::size_t total, report_function report)
    : title_(std::move(title)), report_(std::move(report)),
      is_terminal_(isatty(STDERR_FILENO) == 1), begin_(clock::now()),
      next_(is_terminal_ ? begin_ : begin_ + report_pause) {
  counts_.total = total;
}

progress::~progress() {
  if (is_drawn_)
    std::cerr << "\r\033[K" << std::flush;
}

void progress::set_total(std::size_t total, bool is_exact) {
  counts_.total = total;
  counts_.is_total_exact = is_exact;
}

void progress::show(std::size_t so_far) {
  const auto now = clock::now();
  if (now < next_ || (!is_terminal_ && !report_))
    return;
  next_ = now + (is_terminal_ ? clock::duration{draw_pause} : clock::duration{report_pause});
  counts_.done = so_far;
  counts_.spent = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin_);
  if (!is_terminal_)
    return report_(counts_);
  is_drawn_ = true;
  draw();
}

void progress::draw() const {
  std::cerr << "\r\033[K" << title_ << ' ';
  if (counts_.total > 0) {
    constexpr std::size_t width = 10;
    const auto filled = width * counts_.percent() / 100;
    std::cerr << '[' << std::string(filled, '#') << std::string(width - filled, '.') << "] "
              << counts_.percent() << " %  ";
  }
  std::cerr << format_number(counts_.done) << total_of(counts_) << rate_of(counts_, "  ")
            << std::flush;
}

} // namespace belfry::shell
