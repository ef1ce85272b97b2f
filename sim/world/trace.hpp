#pragma once

#include "random/hash.hpp"
#include "world/sim_clock.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::sim {

/// The fingerprint of a run: two runs with the same fingerprint took the same course. Keeps the
/// latest events as text as well.
class trace {
public:
  explicit trace(std::shared_ptr<const world_time> elapsed) : elapsed_(std::move(elapsed)) {}

  /// Passes every later event to `printer` as well.
  void print_to(std::function<void(const std::string&)> printer) { printer_ = std::move(printer); }

  /// Adds an event as text.
  void record(std::string_view event);

  /// Adds an event that is too frequent to be kept as text.
  void record_hashed(std::uint64_t value);

  [[nodiscard]] std::uint64_t fingerprint() const { return sum_; }
  /// The latest events, one line each, as the printer gets them.
  [[nodiscard]] std::vector<std::string> latest() const;

private:
  static constexpr std::size_t latest_max = 60;

  std::shared_ptr<const world_time> elapsed_;
  std::function<void(const std::string&)> printer_;
  std::uint64_t sum_ = fnv1a_basis;
  std::deque<std::pair<world_time, std::string>> latest_;
};

} // namespace belfry::sim
