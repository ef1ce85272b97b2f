#include "node/node_checks.hpp"

#include <string>

namespace belfry {

namespace {

/// One message carries up to 512 tasks, fewer than lie between the limits of two priority classes.
constexpr std::size_t open_tasks_min = 2'048;
constexpr std::size_t payload_bytes_max = 256 << 20; // A message must stay below 2 GiB.
constexpr duration lease_min{100};
constexpr duration failure_timeout_min{500};
constexpr std::uint32_t weight_max = 100;

std::string range(std::uint64_t given, std::uint64_t least, std::uint64_t most) {
  return "is " + std::to_string(given) + ", expected " + std::to_string(least) + " to " +
         std::to_string(most);
}

/// An error that begins with the option's name; empty if there is none.
std::string role_error(const node_options& options) {
  const bool is_storing = is_server(options);
  if (!options.data_directory.empty() && !options.store.empty())
    return "store: is given together with a data_directory, expected one of them";
  if (!options.outbox.empty() && options.store.empty())
    return "outbox: is given without a store, expected both: a single node needs none";
  if (!is_storing && options.slots == 0)
    return "data_directory: is empty and slots is 0, expected a directory or a store for "
           "tasks, slots to run them, or both";
  if (is_storing && options.shards > shards_max)
    return "shards: " + range(options.shards, 0, shards_max);
  if (options.slots > slots_max)
    return "slots: " + range(options.slots, 0, slots_max);
  if (options.prefetch.value_or(0) > prefetch_max)
    return "prefetch: " + range(*options.prefetch, 0, prefetch_max);
  if (is_storing && !options.join.empty())
    return "join: is '" + options.join.front().host +
           "', expected nothing: a node that stores tasks finds its peers in the store";
  if (!is_storing && options.join.empty())
    return "join: is empty, expected the address of a node that stores tasks";
  for (const auto& address : options.join) {
    if (address.host.empty())
      return "join: has an address without a host";
    if (address.port == 0)
      return "join: the port of '" + address.host + "' " + range(0, 1, 65535);
  }
  if (is_storing && options.bind.empty())
    return "bind: is empty, expected the address to listen on";
  return {};
}

std::string limit_error(const node_options& options) {
  if (options.submits.payload_bytes_max > payload_bytes_max)
    return "payload_bytes_max: " + range(options.submits.payload_bytes_max, 0, payload_bytes_max);
  if (options.submits.open_tasks_max < open_tasks_min)
    return "open_tasks_max: is " + std::to_string(options.submits.open_tasks_max) +
           ", expected at least " + std::to_string(open_tasks_min);
  if (options.weight > weight_max)
    return "weight: " + range(options.weight, 0, weight_max);
  if (options.failure_timeout < failure_timeout_min)
    return "failure_timeout: is " + std::to_string(options.failure_timeout.count()) +
           "ms, expected at least " + std::to_string(failure_timeout_min.count()) + "ms";
  if (options.runs.lease < lease_min)
    return "lease: is " + std::to_string(options.runs.lease.count()) + "ms, expected at least " +
           std::to_string(lease_min.count()) + "ms";
  if (options.runs.timeout_grace < duration{0})
    return "timeout_grace: is negative, expected a duration";
  return {};
}

} // namespace

bool is_server(const node_options& options) {
  return !options.data_directory.empty() || !options.store.empty();
}

result<done> check_options(const node_options& options) {
  auto error = role_error(options);
  if (error.empty())
    error = limit_error(options);
  if (!error.empty())
    return failure{errc::invalid_argument, error};
  return done{};
}

} // namespace belfry
