#include "node/node_checks.hpp"

#include <string>

namespace belfry {

namespace {

/// A message brings up to 512 tasks: fewer than lie between the limits of two classes.
constexpr std::size_t open_tasks_min = 2'048;
constexpr std::size_t payload_bytes_max = 256 << 20; // A message must stay below 2 GiB.
constexpr duration lease_min{100};
constexpr duration failure_timeout_min{500};
constexpr std::uint32_t weight_max = 100;

std::string range(std::uint64_t given, std::uint64_t least, std::uint64_t most) {
  return "is " + std::to_string(given) + ", expected " + std::to_string(least) + " to " +
         std::to_string(most);
}

/// What is wrong, beginning with the option's name; empty if nothing is.
std::string fault_of_roles(const node_options& options) {
  const bool keeps = is_server(options);
  if (!options.data_directory.empty() && !options.store.empty())
    return "store: is given beside a data_directory, expected one of them";
  if (!options.outbox.empty() && options.store.empty())
    return "outbox: is given without a store, expected both: a node that is alone needs none";
  if (!keeps && options.slots == 0)
    return "data_directory: is empty and slots is 0, expected a directory or a store to keep "
           "tasks in, slots to run them, or both";
  if (keeps && options.shards > shards_max)
    return "shards: " + range(options.shards, 0, shards_max);
  if (options.slots > slots_max)
    return "slots: " + range(options.slots, 0, slots_max);
  if (options.prefetch.value_or(0) > prefetch_max)
    return "prefetch: " + range(*options.prefetch, 0, prefetch_max);
  if (keeps && !options.join.empty())
    return "join: is '" + options.join.front().host +
           "', expected nothing: a node that keeps tasks finds others where it keeps them";
  if (!keeps && options.join.empty())
    return "join: is empty, expected where a node is that keeps tasks";
  for (const auto& place : options.join) {
    if (place.host.empty())
      return "join: has a place without a host";
    if (place.port == 0)
      return "join: the port of '" + place.host + "' " + range(0, 1, 65535);
  }
  if (keeps && options.bind.empty())
    return "bind: is empty, expected the address to listen on";
  return {};
}

std::string fault_of_limits(const node_options& options) {
  if (options.submits.payload_bytes_max > payload_bytes_max)
    return "payload_bytes_max: " + range(options.submits.payload_bytes_max, 0, payload_bytes_max);
  if (options.submits.open_tasks_max < open_tasks_min)
    return "open_tasks_max: is " + std::to_string(options.submits.open_tasks_max) +
           ", expected at least " + std::to_string(open_tasks_min);
  if (options.weight > weight_max)
    return "weight: " + range(options.weight, 0, weight_max);
  if (options.failure_timeout < failure_timeout_min)
    return "silence: is " + std::to_string(options.failure_timeout.count()) +
           "ms, expected at least " + std::to_string(failure_timeout_min.count()) + "ms";
  if (options.runs.lease < lease_min)
    return "lease: is " + std::to_string(options.runs.lease.count()) + "ms, expected at least " +
           std::to_string(lease_min.count()) + "ms";
  if (options.runs.timeout_grace < duration{0})
    return "timeout_grace: is negative, expected a length of time";
  return {};
}

} // namespace

bool is_server(const node_options& options) {
  return !options.data_directory.empty() || !options.store.empty();
}

result<done> check_options(const node_options& options) {
  auto fault = fault_of_roles(options);
  if (fault.empty())
    fault = fault_of_limits(options);
  if (!fault.empty())
    return failure{errc::invalid_argument, fault};
  return done{};
}

} // namespace belfry
