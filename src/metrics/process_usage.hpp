#pragma once

#include "belfry/time.hpp"

#include <cstdint>

namespace belfry {

/// What a process uses of its machine. What the system does not tell is 0.
struct process_usage {
  duration processor_time{0};
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t descriptors_max = 0;
  std::uint64_t threads = 0;
  instant started{};
};

} // namespace belfry
