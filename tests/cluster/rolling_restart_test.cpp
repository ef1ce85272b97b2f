// A cluster whose nodes are restarted one by one, as for an upgrade.
#include "cluster_trial.hpp"

#include <catch2/catch.hpp>

#include <iostream>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr duration moment{2'000};

} // namespace

TEST_CASE_METHOD(cluster_trial, "nodes restarted one by one keep accepting and running tasks",
                 "[cluster][rolling]") {
  for (std::size_t at = 0; at < nodes.size(); ++at) {
    const auto paid = measure([&] {
      CHECK(nodes.end_node(at, SIGTERM) == 0);
      nodes.start_node(at);
    });
    std::cout << "node " << at << ": a submit waited for " << paid.unacknowledged.count()
              << " ms, no run began for " << paid.unstarted.count() << " ms" << std::endl;
    CHECK(paid.unacknowledged <= moment);
    CHECK(paid.unstarted <= moment);
  }
  verify();
}
