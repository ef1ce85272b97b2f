#include "machine.hpp"

#include "payload.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace belfry::bench {

namespace {

int lock_depth = 0;
int lock_file = -1;

std::string environment_or(const char* name, const char* otherwise) {
  const auto* set = std::getenv(name);
  return set ? set : otherwise;
}

double seconds_of_ticks(std::uint64_t ticks) {
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace

double cpu_seconds_of(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::istringstream fields{text.substr(std::min(text.rfind(')') + 1, text.size()))};
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  return seconds_of_ticks(user + system);
}

double cpu_seconds_of_machine() {
  std::ifstream file{"/proc/stat"};
  std::string skipped;
  file >> skipped;
  std::uint64_t busy = 0;
  for (int i = 0; i < 8; ++i) {
    std::uint64_t ticks = 0;
    file >> ticks;
    if (i != 3 && i != 4) // Idle and waiting for a disk.
      busy += ticks;
  }
  return seconds_of_ticks(busy);
}

std::int64_t memory_bytes_of(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/smaps_rollup"};
  std::string word;
  while (file >> word) {
    if (word != "Pss:")
      continue;
    std::int64_t kilobytes = 0;
    file >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

std::int64_t disk_bytes_of(const std::string& directory) {
  std::int64_t total = 0;
  std::error_code ignored; // Files come and go meanwhile.
  for (const auto& entry : std::filesystem::recursive_directory_iterator{directory, ignored}) {
    struct stat about {};
    if (::lstat(entry.path().c_str(), &about) == 0 && !S_ISDIR(about.st_mode))
      total += about.st_blocks * 512;
  }
  return total;
}

bench_lock::bench_lock() {
  if (lock_depth++ > 0)
    return;
  const auto path = environment_or("BENCH_LOCK", "/tmp/bench.lock");
  lock_file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (lock_file < 0 || ::flock(lock_file, LOCK_EX) != 0)
    die("cannot lock " + path);
}

bench_lock::~bench_lock() {
  if (--lock_depth > 0)
    return;
  ::close(lock_file);
  lock_file = -1;
}

temporary_directory::temporary_directory()
    : path_(environment_or("BENCH_TMP", "/var/tmp") + "/belfry-bench-XXXXXX") {
  if (!::mkdtemp(path_.data()))
    die("cannot make a directory " + path_);
}

temporary_directory::~temporary_directory() {
  std::error_code ignored; // It is in a temporary place.
  if (!std::getenv("BENCH_KEEP"))
    std::filesystem::remove_all(path_, ignored);
}

} // namespace belfry::bench
