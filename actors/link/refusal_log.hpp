#pragma once

#include "belfry/clock.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace belfry {

/// Logs refused peers, at most ten lines in ten seconds: a peer that connects a thousand times must
/// not fill the disk. The number of suppressed lines is logged, too.
///
/// For one thread.
class refusal_log {
public:
  explicit refusal_log(std::shared_ptr<const clock> time) : time_(std::move(time)) {}
  ~refusal_log();
  refusal_log(const refusal_log&) = delete;
  refusal_log& operator=(const refusal_log&) = delete;

  void note(const std::string& peer, const std::string& reason);

private:
  static constexpr std::uint64_t lines_per_window = 10;
  static constexpr duration window{10'000};

  void log_suppressed_count();

  const std::shared_ptr<const clock> time_;
  instant window_start_{};
  std::uint64_t count_ = 0; // Refusals since then.
};

} // namespace belfry
