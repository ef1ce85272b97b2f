#pragma once

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

/// What happened in a world, as one number: two runs with the same fingerprint went the same way.
/// Remembers the latest events in words as well.
class trace {
public:
  explicit trace(std::shared_ptr<const world_time> elapsed) : elapsed_(std::move(elapsed)) {}

  /// Every line also goes here.
  void print_to(std::function<void(const std::string&)> printer) { printer_ = std::move(printer); }

  /// An event in words.
  void note(std::string_view what);

  /// An event that happens too often to be kept in words.
  void mix(std::uint64_t what);

  [[nodiscard]] std::uint64_t fingerprint() const { return sum_; }
  /// The last lines, as `print_to` would have got them.
  [[nodiscard]] std::vector<std::string> latest() const;

private:
  static constexpr std::size_t latest_max = 60;

  std::shared_ptr<const world_time> elapsed_;
  std::function<void(const std::string&)> printer_;
  std::uint64_t sum_ = 0xCBF2'9CE4'8422'2325ULL;
  std::deque<std::pair<world_time, std::string>> latest_;
};

} // namespace belfry::sim
