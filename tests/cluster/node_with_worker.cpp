#include "node_with_worker.hpp"

#include "support/own_loopback.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace belfry::test {

namespace {

/// As `belfry node` and the recording worker take them.
std::string flags_of(const link_security& security) {
  if (security.is_insecure)
    return " --insecure";
  if (security.tls_certificate.empty())
    return "";
  return " --tls-cert " + security.tls_certificate + " --tls-key " + security.tls_key +
         " --tls-ca " + security.tls_authority;
}

/// The memory that the address sanitizer keeps would hide that of the program.
std::string measurable(const std::string& command) {
  return "env \"ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=16\" " + command;
}

} // namespace

link_ends plain_links() {
  link_ends links;
  links.node.is_insecure = links.client.is_insecure = true;
  return links;
}

link_ends tls_links(const std::string& directory) {
  REQUIRE(std::system((BELFRY_PROGRAM " certs " + directory + " > /dev/null").c_str()) == 0);
  const auto security_of = [&](const std::string& name) {
    link_security security;
    security.tls_certificate = directory + "/" + name + ".pem";
    security.tls_key = directory + "/" + name + ".key";
    security.tls_authority = directory + "/ca.pem";
    return security;
  };
  return {.node = security_of("node"), .client = security_of("client")};
}

node_with_worker::node_with_worker(options chosen) : options_(std::move(chosen)) {
  start_node();
}

void node_with_worker::start_node() {
  const auto data = options_.data.empty() ? directory_.file("data") : options_.data;
  const auto log = directory_.file("node.log");
  node_.emplace(measurable(BELFRY_PROGRAM " node --shards 4 --lease 5s --bind ") + own_loopback() +
                " --port " + std::to_string(port_) + " --slots " + std::to_string(options_.slots) +
                " --data " + data + flags_of(options_.links.node) + " 2>> " + log);
  const auto listening = node_->read_line();
  INFO("see " << log);
  REQUIRE(listening.find("listening on ") == 0);
  port_ = static_cast<std::uint16_t>(std::stoi(listening.substr(listening.rfind(':') + 1)));
}

void node_with_worker::start_worker(std::uint16_t node_port) {
  worker_.emplace(measurable(BELFRY_RECORDING_WORKER " ") + run_records_path() + " " +
                  own_loopback() + " " + std::to_string(node_port) +
                  flags_of(options_.links.client));
  REQUIRE(worker_->read_line() == "working");
}

std::unique_ptr<client> node_with_worker::connect(std::uint16_t node_port) const {
  auto made = client::connect({node_address{own_loopback(), node_port}}, options_.links.client);
  REQUIRE(made.ok());
  return std::move(*made);
}

} // namespace belfry::test
