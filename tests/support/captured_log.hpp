#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace belfry::test {

/// Captures the log until it is destroyed.
class captured_log {
public:
  /// `pattern` is that of spdlog: `%v` is the line, `%l` its level.
  explicit captured_log(const std::string& pattern = "%v") : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    sink->set_pattern(pattern);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("caught", std::move(sink)));
  }
  ~captured_log() { spdlog::set_default_logger(before_); }
  captured_log(const captured_log&) = delete;
  captured_log& operator=(const captured_log&) = delete;

  [[nodiscard]] std::string text() const { return text_.str(); }
  [[nodiscard]] auto lines() const {
    const auto all = text();
    return std::count(all.begin(), all.end(), '\n');
  }
  /// How often `part` is in the text.
  [[nodiscard]] std::size_t count(const std::string& part) const {
    const auto all = text();
    std::size_t found = 0;
    for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + 1))
      ++found;
    return found;
  }

private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

} // namespace belfry::test
