#include "node/node_checks.hpp"

#include <string>
#include <utility>
#include <variant>

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

std::string below(duration given, duration least) {
  return "is " + std::to_string(given.count()) + "ms, expected at least " +
         std::to_string(least.count()) + "ms";
}

/// As all functions below: an error that begins with the option's name; empty if there is none.
std::string shards_error(const std::optional<std::uint16_t>& shards) {
  if (shards && (*shards == 0 || *shards > shards_max))
    return "shards: " + range(*shards, 1, shards_max);
  return {};
}

std::string storage_error(const directory_storage& directory) {
  if (directory.path.empty())
    return "directory_storage.path: is empty, expected a directory for tasks";
  if (directory.backups && directory.backups->empty())
    return "backups: is empty, expected a directory, or nothing for no backups";
  return shards_error(directory.shards);
}

std::string storage_error(const database_storage& database) {
  if (database.uri.empty())
    return "database_storage.uri: is empty, expected postgresql://…";
  if (database.cluster.empty())
    return "cluster: is empty, expected the name of a schema";
  if (database.outbox && database.outbox->empty())
    return "outbox: is empty, expected a directory, or nothing for no outbox";
  if (database.weight > weight_max)
    return "weight: " + range(database.weight, 0, weight_max);
  if (database.failure_timeout < failure_timeout_min)
    return "failure_timeout: " + below(database.failure_timeout, failure_timeout_min);
  return shards_error(database.shards);
}

std::string storage_error(const remote_storage& remote) {
  if (remote.nodes.empty())
    return "remote_storage.nodes: is empty, expected the address of a node that stores tasks";
  for (const auto& address : remote.nodes) {
    if (address.host.empty())
      return "remote_storage.nodes: has an address without a host";
    if (address.port == 0)
      return "remote_storage.nodes: the port of '" + address.host + "' " + range(0, 1, 65535);
  }
  return {};
}

std::string worker_error(const node_options& options) {
  if (!options.worker)
    return std::holds_alternative<remote_storage>(options.storage)
               ? "worker: is missing, expected one: a node with remote_storage stores no tasks"
               : "";
  const auto& worker = *options.worker;
  if (worker.slots && (*worker.slots == 0 || *worker.slots > slots_max))
    return "slots: " + range(*worker.slots, 1, slots_max);
  if (worker.prefetch.value_or(0) > prefetch_max)
    return "prefetch: " + range(*worker.prefetch, 0, prefetch_max);
  if (worker.queues && worker.queues->empty())
    return "queues: is empty, expected names of queues, or nothing for all";
  return {};
}

std::string http_error(const node_options& options) {
  if (!options.http)
    return {};
  if (std::holds_alternative<remote_storage>(options.storage))
    return "http: is given with remote_storage, expected a node that stores tasks: a node that "
           "only runs them is shown by those that store them";
  if (options.http->bind.empty())
    return "http: is without an address, expected an IP address";
  if (options.http->token_file && options.http->token_file->empty())
    return "http_token_file: is empty, expected a file, or nothing for no token";
  return {};
}

std::string limit_error(const node_options& options) {
  if (options.listen.bind.empty())
    return "bind: is empty, expected the address to listen on";
  if (options.submits.payload_bytes_max > payload_bytes_max)
    return "payload_bytes_max: " + range(options.submits.payload_bytes_max, 0, payload_bytes_max);
  if (options.submits.open_tasks_max < open_tasks_min)
    return "open_tasks_max: is " + std::to_string(options.submits.open_tasks_max) +
           ", expected at least " + std::to_string(open_tasks_min);
  if (options.settled_tasks_max == 0)
    return "settled_tasks_max: is 0, expected at least 1";
  if (options.runs.lease < lease_min)
    return "lease: " + below(options.runs.lease, lease_min);
  if (options.runs.timeout_grace < duration{0})
    return "timeout_grace: is negative, expected a duration";
  return {};
}

} // namespace

result<done> check_options(const node_options& options) {
  auto error =
      std::visit([](const auto& storage) { return storage_error(storage); }, options.storage);
  if (error.empty())
    error = worker_error(options);
  if (error.empty())
    error = http_error(options);
  if (error.empty())
    error = limit_error(options);
  if (!error.empty())
    return failure{errc::invalid_argument, std::move(error)};
  return done{};
}

} // namespace belfry
