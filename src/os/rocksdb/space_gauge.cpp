#include "os/rocksdb/space_gauge.hpp"

#include <sys/statvfs.h>

namespace belfry {

std::uint64_t space_gauge::available_bytes() {
  const auto now = std::chrono::steady_clock::now();
  if (!is_measured_ || now - measured_at_ >= measurement_ttl_) {
    measured_ = measure_();
    measured_at_ = now;
    spent_ = 0;
    is_measured_ = true;
  }
  return measured_ > spent_ ? measured_ - spent_ : 0;
}

std::uint64_t free_bytes_of(const std::string& directory) {
  struct statvfs found {};
  if (::statvfs(directory.c_str(), &found) != 0)
    return 0;
  return std::uint64_t{found.f_bavail} * found.f_frsize;
}

} // namespace belfry
