#include "demo_cluster.hpp"

namespace belfry::demo {

namespace {

constexpr std::int64_t start_ms_max = 120'000;

} // namespace

demo_cluster::demo_cluster(demo_cluster_options options) : options_(std::move(options)) {
  start_node();
  for (std::uint32_t i = 0; i < options_.workers; ++i)
    workers_.push_back(new_worker());
}

void demo_cluster::kill_node() {
  node_->kill();
}

void demo_cluster::kill_worker() {
  workers_.front()->kill();
}

void demo_cluster::restart_ended() {
  if (node_->has_ended()) {
    start_node();
    ++nodes_replaced_;
  }
  for (auto& worker : workers_) {
    if (!worker->has_ended())
      continue;
    worker = new_worker();
    ++workers_replaced_;
  }
}

void demo_cluster::start_node() {
  node_ = std::make_unique<bench::child>(std::vector<std::string>{"node", "--data",
                                                                  options_.directory + "/node",
                                                                  "--port", std::to_string(port_)},
                                         options_.directory + "/node.log");
  port_ = static_cast<std::uint16_t>(std::stoi(node_->expect_line(start_ms_max)));
}

std::unique_ptr<bench::child> demo_cluster::new_worker() const {
  return std::make_unique<bench::child>(std::vector<std::string>{"worker", "--port",
                                                                 std::to_string(port_), "--slots",
                                                                 std::to_string(options_.slots)},
                                        options_.directory + "/workers.log");
}

} // namespace belfry::demo
