#include "cluster_trial.hpp"

#include <utility>

namespace belfry::test {

cluster_trial::cluster_trial(std::string flags) : nodes(std::move(flags)) {
  nodes.settle(load_.load_client());
  await_progress();
}

} // namespace belfry::test
