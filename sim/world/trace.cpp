#include "world/trace.hpp"

#include <array>
#include <cstdio>

namespace belfry::sim {

namespace {

constexpr std::uint64_t fnv_prime = 0x0000'0100'0000'01B3ULL;

std::string stamped(world_time at, std::string_view what) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(at).count();
  std::array<char, 40> text{};
  const auto length =
      std::snprintf(text.data(), text.size(), "%6lld.%06lld ",
                    static_cast<long long>(us / 1'000'000), static_cast<long long>(us % 1'000'000));
  std::string line{text.data(), static_cast<std::size_t>(length)};
  line += what;
  return line;
}

} // namespace

void trace::note(std::string_view what) {
  mix(static_cast<std::uint64_t>(elapsed_->count()));
  for (const char letter : what)
    sum_ = (sum_ ^ static_cast<unsigned char>(letter)) * fnv_prime;
  if (printer_)
    printer_(stamped(*elapsed_, what));
  if (latest_.size() == latest_max)
    latest_.pop_front();
  latest_.emplace_back(*elapsed_, what);
}

std::vector<std::string> trace::latest() const {
  std::vector<std::string> lines;
  for (const auto& [at, what] : latest_)
    lines.push_back(stamped(at, what));
  return lines;
}

void trace::mix(std::uint64_t what) {
  // Whole words at a time: this runs for every message of every actor.
  sum_ = (sum_ ^ what) * fnv_prime;
  sum_ ^= sum_ >> 29;
}

} // namespace belfry::sim
