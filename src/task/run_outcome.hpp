#pragma once

#include "belfry/ids.hpp"
#include "belfry/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace belfry {

/// How a worker's run ended.
struct run_outcome {
  enum class verdict : std::uint8_t {
    succeeded,
    failed,
    snoozed,
    cancelled,
    unknown_kind,
    not_started, ///< given back before it began: the task keeps its attempt and its place
  };

  task_id task;
  fencing_token token;
  verdict end = verdict::succeeded;
  std::string output;
  std::string error;   ///< the error's name
  std::string message; ///< the error's text
  bool is_final = false;
  duration snooze{0}; ///< 0: the run was interrupted, and the task keeps its place
  /// Of a failed or snoozed run, for the next attempt; nothing: what earlier ones saved stays.
  std::optional<std::string> saved_progress{};
  /// How long ago the handler began; nothing: it did not, or the worker does not say.
  std::optional<duration> began_ago{};
  duration ran{0}; ///< how long the handler ran, if it began
};

} // namespace belfry
