#pragma once

#include <sys/resource.h>

#include <filesystem>
#include <string>

namespace belfry::test {

/// The soft limit that leaves the process `pid` exactly `count` descriptors to open.
inline rlim_t limit_leaving(int pid, rlim_t count) {
  const auto folder = "/proc/" + std::to_string(pid) + "/fd/";
  rlim_t limit = 0;
  for (rlim_t free = 0; free < count; ++limit)
    if (!std::filesystem::is_symlink(folder + std::to_string(limit)))
      ++free;
  return limit;
}

} // namespace belfry::test
