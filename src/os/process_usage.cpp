#include "os/process_usage.hpp"

#include "os/system_clock.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace belfry {

namespace {

// Numbered as in proc(5), less the first two, which stand before the last ')'.
constexpr std::size_t user_ticks = 11;
constexpr std::size_t system_ticks = 12;
constexpr std::size_t thread_count = 17;
constexpr std::size_t start_ticks = 19;
constexpr std::size_t resident_pages = 21;

/// The fields of /proc/self/stat; too few if they cannot be read.
std::vector<std::string> stat_fields() {
  std::ifstream file{"/proc/self/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::istringstream rest{text.substr(text.rfind(')') + 1)};
  return {std::istream_iterator<std::string>{rest}, {}};
}

std::int64_t to_ms(std::uint64_t ticks) {
  return static_cast<std::int64_t>(ticks * 1'000 /
                                   static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK)));
}

std::uint64_t count_descriptors() {
  std::error_code ignored;
  std::uint64_t count = 0;
  for (auto file = std::filesystem::directory_iterator{"/proc/self/fd", ignored};
       file != std::filesystem::directory_iterator{}; file.increment(ignored))
    ++count;
  return count > 0 ? count - 1 : 0; // Without the one that reads them.
}

} // namespace

process_usage read_process_usage() {
  process_usage usage;
  usage.open_descriptors = count_descriptors();
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0)
    usage.descriptors_max = limit.rlim_cur;
  const auto fields = stat_fields();
  if (fields.size() <= resident_pages)
    return usage;
  const auto number = [&](std::size_t field) { return std::stoull(fields[field]); };
  usage.processor_time = duration{to_ms(number(user_ticks) + number(system_ticks))};
  usage.threads = number(thread_count);
  usage.resident_bytes = number(resident_pages) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  usage.started = read_boot_instant().value_or(instant{}) + duration{to_ms(number(start_ticks))};
  return usage;
}

} // namespace belfry
