#include "node/node_checks.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

node_options keeps_tasks() {
  node_options options;
  options.data_directory = "/somewhere";
  return options;
}

node_options runs_tasks() {
  node_options options;
  options.slots = 2;
  options.join = {{"tower", 4100}};
  return options;
}

std::string fault(const node_options& options) {
  const auto checked = check_options(options);
  return checked ? "" : checked.error().what;
}

} // namespace

TEST_CASE("a node keeps tasks, runs them, or both", "[node]") {
  auto both = keeps_tasks();
  both.slots = 2;

  CHECK(fault(keeps_tasks()).empty());
  CHECK(fault(runs_tasks()).empty());
  CHECK(fault(both).empty());
  CHECK(fault({}).find("data_directory: is empty and slots is 0") == 0);
}

TEST_CASE("a node keeps its tasks in one place", "[node]") {
  node_options in_store;
  in_store.store = "postgresql://tower/tasks";
  CHECK(fault(in_store).empty());
  in_store.outbox = "/elsewhere";
  CHECK(fault(in_store).empty());
  in_store.data_directory = "/somewhere";
  CHECK(fault(in_store).find("store: is given together with a data_directory") == 0);
  in_store.store.clear();
  CHECK(fault(in_store).find("outbox: is given without a store") == 0);
}

TEST_CASE("a node has up to 1024 shards", "[node]") {
  auto options = keeps_tasks();

  options.shards = 1025;
  CHECK(fault(options) == "shards: is 1025, expected 0 to 1024");
  options.shards = 1024;
  CHECK(fault(options).empty());
}

TEST_CASE("a node has at most 10000 slots", "[node]") {
  auto options = runs_tasks();

  options.slots = 10'001;
  CHECK(fault(options) == "slots: is 10001, expected 0 to 10000");
}

TEST_CASE("a node fetches at most 100000 tasks ahead", "[node]") {
  auto options = runs_tasks();

  options.prefetch = 100'000;
  CHECK(fault(options).empty());
  options.prefetch = 100'001;
  CHECK(fault(options) == "prefetch: is 100001, expected 0 to 100000");
}

TEST_CASE("a node without a data directory needs another to join", "[node]") {
  auto options = runs_tasks();

  options.join[0].port = 0;
  CHECK(fault(options) == "join: the port of 'tower' is 0, expected 1 to 65535");
  options.join[0].host.clear();
  CHECK(fault(options) == "join: has an address without a host");
  options.join.clear();
  CHECK(fault(options) == "join: is empty, expected the address of a node that stores tasks");
}

TEST_CASE("a node with a data directory joins none", "[node]") {
  auto options = keeps_tasks();

  options.join = {{"tower", 4100}};
  CHECK(fault(options).find("join: is 'tower', expected nothing") == 0);
}

TEST_CASE("limits that cannot work are refused by name", "[node]") {
  auto options = keeps_tasks();
  options.bind.clear();
  CHECK(fault(options).find("bind: is empty") == 0);

  options = keeps_tasks();
  options.submits.payload_bytes_max = std::size_t{1} << 31;
  CHECK(fault(options) == "payload_bytes_max: is 2147483648, expected 0 to 268435456");

  options = keeps_tasks();
  options.submits.open_tasks_max = 512;
  CHECK(fault(options) == "open_tasks_max: is 512, expected at least 2048");

  options = keeps_tasks();
  options.runs.lease = duration{5};
  CHECK(fault(options) == "lease: is 5ms, expected at least 100ms");

  options = keeps_tasks();
  options.runs.timeout_grace = duration{-1};
  CHECK(fault(options).find("timeout_grace: is negative") == 0);
}
