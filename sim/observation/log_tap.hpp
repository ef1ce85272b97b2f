#pragma once

#include <spdlog/spdlog.h>

#include <functional>
#include <memory>
#include <string>

namespace belfry::sim {

/// Sends log lines to a function instead of the terminal until it is destroyed.
class log_tap {
public:
  using listener = std::function<void(bool is_error, const std::string& text)>;

  explicit log_tap(listener on_line);
  ~log_tap();
  log_tap(const log_tap&) = delete;
  log_tap& operator=(const log_tap&) = delete;

private:
  std::shared_ptr<spdlog::logger> before_;
};

} // namespace belfry::sim
