#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace belfry::bench {

/// Processor time of a living process.
[[nodiscard]] double cpu_seconds_of(pid_t process);
/// Processor time that all processes of the machine took since it started.
[[nodiscard]] double cpu_seconds_of_machine();
/// Memory of a process, what it shares divided among those who share it.
[[nodiscard]] std::int64_t memory_bytes_of(pid_t process);
/// Blocks on disk of all files in `directory`.
[[nodiscard]] std::int64_t disk_bytes_of(const std::string& directory);

/// Held while something is timed: one such stretch at a time on this machine. Nests.
///
/// Others join by `flock` on the file that the environment's BENCH_LOCK names.
class bench_lock {
public:
  bench_lock();
  ~bench_lock();
  bench_lock(const bench_lock&) = delete;
  bench_lock& operator=(const bench_lock&) = delete;
};

/// A new directory in /var/tmp (or BENCH_TMP), removed with all in it when destroyed, unless the
/// environment has BENCH_KEEP.
class temporary_directory {
public:
  temporary_directory();
  ~temporary_directory();
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

} // namespace belfry::bench
