// A cluster whose nodes are restarted one by one, as for an upgrade.
#include "cluster_trial.hpp"

#include <catch2/catch.hpp>

#include <iostream>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr duration outage_max{2'000};

} // namespace

TEST_CASE_METHOD(cluster_trial, "nodes restarted one by one keep accepting and running tasks",
                 "[cluster][rolling]") {
  for (std::size_t index = 0; index < nodes.size(); ++index) {
    const auto measured = measure([&] {
      CHECK(nodes.end_node(index, SIGTERM) == 0);
      nodes.start_node(index);
    });
    std::cout << "node " << index << ": a submit waited for " << measured.unacknowledged.count()
              << " ms, no run began for " << measured.unstarted.count() << " ms" << std::endl;
    CHECK(measured.unacknowledged <= outage_max);
    CHECK(measured.unstarted <= outage_max);
  }
  verify();
}
