#pragma once

#include "belfry/clock.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace belfry {

/// Logs who was refused, but a few lines in ten seconds alone: whoever knocks a thousand times must
/// not fill the disk. How many were left out is logged, too.
///
/// For one thread.
class refusal_log {
public:
  explicit refusal_log(std::shared_ptr<const clock> time) : time_(std::move(time)) {}
  ~refusal_log();
  refusal_log(const refusal_log&) = delete;
  refusal_log& operator=(const refusal_log&) = delete;

  void note(const std::string& peer, const std::string& why);

private:
  static constexpr std::uint64_t lines_per_window = 10;
  static constexpr duration window{10'000};

  void log_suppressed_count();

  const std::shared_ptr<const clock> time_;
  instant window_start_{};
  std::uint64_t count_ = 0; // Since then.
};

} // namespace belfry
