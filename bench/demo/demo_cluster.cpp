#include "demo_cluster.hpp"

#include "support/own_loopback.hpp"

namespace belfry::demo {

namespace {

constexpr std::int64_t start_ms_max = 120'000;

} // namespace

demo_cluster::demo_cluster(demo_cluster_options options)
    : options_(std::move(options)), address_{test::own_loopback(), 0} {
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
  const std::vector<std::string> arguments{
      "node",        "--data", options_.directory + "/node", "--host",
      address_.host, "--port", std::to_string(address_.port)};
  node_ = std::make_unique<bench::child>(arguments, options_.directory + "/node.log");
  address_.port = static_cast<std::uint16_t>(std::stoi(node_->expect_line(start_ms_max)));
}

std::unique_ptr<bench::child> demo_cluster::new_worker() const {
  const std::vector<std::string> arguments{"worker",
                                           "--host",
                                           address_.host,
                                           "--port",
                                           std::to_string(address_.port),
                                           "--slots",
                                           std::to_string(options_.slots)};
  return std::make_unique<bench::child>(arguments, options_.directory + "/workers.log");
}

} // namespace belfry::demo
