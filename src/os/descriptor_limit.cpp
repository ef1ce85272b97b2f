#include "os/descriptor_limit.hpp"

#include <algorithm>
#include <limits>

namespace belfry {

namespace {

constexpr std::uint64_t descriptors_of_node = 128;
// Two pipes, the process, the file of its progress, the event of its stop.
constexpr std::uint64_t descriptors_per_run = 5;

std::optional<rlimit> inherited; // Written once, before there are threads that read it.

} // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit present{};
  if (getrlimit(RLIMIT_NOFILE, &present) != 0)
    return std::numeric_limits<std::uint64_t>::max();
  auto raised = present;
  raised.rlim_cur = present.rlim_max;
  if (present.rlim_cur == present.rlim_max || setrlimit(RLIMIT_NOFILE, &raised) != 0)
    return present.rlim_cur;
  inherited = present;
  return raised.rlim_cur;
}

std::optional<rlimit> inherited_descriptor_limit() {
  return inherited;
}

std::uint32_t slots_within(std::uint64_t descriptors) {
  if (descriptors < descriptors_of_node)
    return 0;
  const auto count = (descriptors - descriptors_of_node) / descriptors_per_run;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace belfry
