#pragma once

#include "belfry/clock.hpp"
#include "text/log_sampler.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace belfry {

/// Logs peers that were refused or disconnected, at most ten lines in ten seconds: a peer that
/// connects a thousand times must not fill the disk. The number of suppressed lines is logged, too.
///
/// May be used from any thread.
class refusal_log {
public:
  explicit refusal_log(std::shared_ptr<const clock> time) : time_(std::move(time)) {}
  ~refusal_log();
  refusal_log(const refusal_log&) = delete;
  refusal_log& operator=(const refusal_log&) = delete;

  /// `reason` is a text about the peer, which is "it".
  void note(const std::string& peer, const std::string& reason);
  /// The same of a peer that had been let in.
  void note_disconnected(const std::string& peer, const std::string& reason);

private:
  [[nodiscard]] bool counts_line();
  void log_suppressed_count();

  const std::shared_ptr<const clock> time_;
  std::mutex mutex_; // Guards the sampler.
  log_sampler lines_{10, duration{10'000}};
};

} // namespace belfry
