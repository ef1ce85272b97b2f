#include "node/node_checks.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace belfry;

namespace {

node_options stores_tasks() {
  return {.storage = directory_storage{"/var/lib/tower"}};
}

node_options stores_in(database_storage database) {
  return {.storage = std::move(database)};
}

node_options runs_tasks(std::vector<node_address> nodes = {{"tower", 4100}}) {
  return {.storage = remote_storage{std::move(nodes)}, .worker = node_worker{.slots = 2}};
}

std::string fault(const node_options& options) {
  const auto checked = check_options(options);
  return checked ? "" : checked.error().what;
}

} // namespace

TEST_CASE("a node stores tasks, runs them, or both", "[node]") {
  auto both = stores_tasks();
  both.worker = node_worker{};
  auto neither = runs_tasks();
  neither.worker.reset();

  CHECK(fault(stores_tasks()).empty());
  CHECK(fault(runs_tasks()).empty());
  CHECK(fault(both).empty());
  CHECK(fault(neither).find("worker: is missing, expected one") == 0);
}

TEST_CASE("a node without options is told that its directory is missing", "[node]") {
  CHECK(fault({}) == "directory_storage.path: is empty, expected a directory for tasks");
}

TEST_CASE("a directory for backups has a name", "[node]") {
  CHECK(fault({.storage = directory_storage{.path = "/data", .backups = "/backups"}}).empty());
  CHECK(fault({.storage = directory_storage{.path = "/data", .backups = ""}}) ==
        "backups: is empty, expected a directory, or nothing for no backups");
}

TEST_CASE("the storage in a database is checked by name", "[node]") {
  const std::string uri = "postgresql://tower/tasks";

  CHECK(fault(stores_in({.uri = uri})).empty());
  CHECK(fault(stores_in({.uri = uri, .outbox = "/elsewhere"})).empty());
  CHECK(fault(stores_in({})) == "database_storage.uri: is empty, expected postgresql://…");
  CHECK(fault(stores_in({.uri = uri, .cluster = ""})) ==
        "cluster: is empty, expected the name of a schema");
  CHECK(fault(stores_in({.uri = uri, .outbox = ""})).find("outbox: is empty") == 0);
  CHECK(fault(stores_in({.uri = uri, .weight = 101})) == "weight: is 101, expected 0 to 100");
  CHECK(fault(stores_in({.uri = uri, .failure_timeout = duration{499}})) ==
        "failure_timeout: is 499ms, expected at least 500ms");
  CHECK(fault(stores_in({.uri = uri, .shards = 0})) == "shards: is 0, expected 1 to 1024");
}

TEST_CASE("a node has up to 1024 shards", "[node]") {
  CHECK(fault({.storage = directory_storage{.path = "/data", .shards = 1024}}).empty());
  CHECK(fault({.storage = directory_storage{.path = "/data", .shards = 1025}}) ==
        "shards: is 1025, expected 1 to 1024");
}

TEST_CASE("a worker is checked by name", "[node]") {
  auto options = runs_tasks();
  const auto fault_of = [&](node_worker worker) {
    options.worker = std::move(worker);
    return fault(options);
  };

  CHECK(fault_of({}).empty());
  CHECK(fault_of({.slots = 10'000}).empty());
  CHECK(fault_of({.slots = 10'001}) == "slots: is 10001, expected 1 to 10000");
  CHECK(fault_of({.slots = 0}) == "slots: is 0, expected 1 to 10000");
  CHECK(fault_of({.prefetch = 100'000}).empty());
  CHECK(fault_of({.prefetch = 100'001}) == "prefetch: is 100001, expected 0 to 100000");
  CHECK(fault_of({.queues = std::vector<std::string>{}}).find("queues: is empty") == 0);
}

TEST_CASE("a node without storage of its own needs the address of one that has it", "[node]") {
  CHECK(fault(runs_tasks({})).find("remote_storage.nodes: is empty") == 0);
  CHECK(fault(runs_tasks({{"tower", 0}})) ==
        "remote_storage.nodes: the port of 'tower' is 0, expected 1 to 65535");
  CHECK(fault(runs_tasks({{"", 4100}})) == "remote_storage.nodes: has an address without a host");
}

TEST_CASE("limits that cannot work are refused by name", "[node]") {
  auto options = stores_tasks();
  options.listen.bind.clear();
  CHECK(fault(options).find("bind: is empty") == 0);

  options = stores_tasks();
  options.submits.payload_bytes_max = std::size_t{1} << 31;
  CHECK(fault(options) == "payload_bytes_max: is 2147483648, expected 0 to 268435456");

  options = stores_tasks();
  options.submits.open_tasks_max = 512;
  CHECK(fault(options) == "open_tasks_max: is 512, expected at least 2048");

  options = stores_tasks();
  options.settled_tasks_max = 0;
  CHECK(fault(options) == "settled_tasks_max: is 0, expected at least 1");

  options = stores_tasks();
  options.runs.lease = duration{5};
  CHECK(fault(options) == "lease: is 5ms, expected at least 100ms");

  options = stores_tasks();
  options.runs.timeout_grace = duration{-1};
  CHECK(fault(options).find("timeout_grace: is negative") == 0);
}

TEST_CASE("HTTP is for nodes that store tasks", "[node]") {
  auto storing = stores_tasks();
  storing.http.emplace();
  CHECK(fault(storing).empty());
  storing.http->bind.clear();
  CHECK(fault(storing).starts_with("http: is without an address"));
  storing.http.emplace().token_file = "";
  CHECK(fault(storing).starts_with("http_token_file: is empty"));

  auto running = runs_tasks();
  running.http.emplace();
  CHECK(fault(running).starts_with("http: is given with remote_storage"));
}
