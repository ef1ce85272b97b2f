#pragma once

#include <sys/resource.h>
#include <unistd.h>

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

/// Leaves the process `pid` `count` descriptors to open; it keeps those that it has. Returns
/// whether that worked.
inline bool leave_descriptors(int pid, rlim_t count) {
  rlimit limit{};
  if (prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) != 0)
    return false;
  limit.rlim_cur = limit_leaving(pid, count);
  return prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0;
}

/// Ends a shortage: the process may open as many as its hard limit allows. Returns whether that
/// worked.
inline bool return_descriptors(int pid) {
  rlimit limit{};
  if (prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) != 0)
    return false;
  limit.rlim_cur = limit.rlim_max;
  return prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0;
}

/// Leaves this process `count` descriptors to open, while it lives.
class descriptors_left {
public:
  explicit descriptors_left(rlim_t count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    auto few = before_;
    few.rlim_cur = limit_leaving(getpid(), count);
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~descriptors_left() { setrlimit(RLIMIT_NOFILE, &before_); }
  descriptors_left(const descriptors_left&) = delete;
  descriptors_left& operator=(const descriptors_left&) = delete;

private:
  rlimit before_{};
};

} // namespace belfry::test
