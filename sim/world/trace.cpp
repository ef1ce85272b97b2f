#include "world/trace.hpp"

#include <array>
#include <cstdio>

namespace belfry::sim {

namespace {

std::string stamped(world_time at, std::string_view event) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(at).count();
  std::array<char, 40> text{};
  const auto length =
      std::snprintf(text.data(), text.size(), "%6lld.%06lld ",
                    static_cast<long long>(us / 1'000'000), static_cast<long long>(us % 1'000'000));
  std::string line{text.data(), static_cast<std::size_t>(length)};
  line += event;
  return line;
}

} // namespace

void trace::record(std::string_view event) {
  record_hashed(static_cast<std::uint64_t>(elapsed_->count()));
  sum_ = fnv1a(event, sum_);
  if (printer_)
    printer_(stamped(*elapsed_, event));
  if (latest_.size() == latest_max)
    latest_.pop_front();
  latest_.emplace_back(*elapsed_, event);
}

std::vector<std::string> trace::latest() const {
  std::vector<std::string> lines;
  for (const auto& [at, event] : latest_)
    lines.push_back(stamped(at, event));
  return lines;
}

void trace::record_hashed(std::uint64_t value) {
  // Eight bytes at a time: this runs for every message of every actor.
  sum_ = fnv1a_step(sum_, value);
  sum_ ^= sum_ >> 29;
}

} // namespace belfry::sim
