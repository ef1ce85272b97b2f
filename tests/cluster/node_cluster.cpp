#include "node_cluster.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

namespace belfry::test {

namespace {

using namespace std::chrono_literals;

constexpr auto start_patience = 60s;
constexpr std::size_t workers = 2;

std::string name_of(std::size_t at) {
  return std::string(1, static_cast<char>('a' + at));
}

} // namespace

node_cluster::node_cluster(std::string flags, std::size_t nodes)
    : flags_(std::move(flags)), nodes_(nodes) {
  std::string pattern = std::filesystem::temp_directory_path() / "belfry-cluster-XXXXXX";
  directory_ = mkdtemp(pattern.data());
  // Root gives its servers to another user, who must get there.
  std::filesystem::permissions(directory_, std::filesystem::perms{0711});
  const auto life = " --while " + std::to_string(getpid());
  postgres("start " + database(0) + life);
  postgres("standby " + database(1) + " " + database(0) + life);
  for (std::size_t at = 0; at < nodes; ++at)
    start_node(at);
  for (std::size_t at = 0; at < workers; ++at)
    start_worker();
}

node_cluster::~node_cluster() {
  workers_.clear();
  nodes_.clear();
  for (const auto at : {0, 1})
    CHECK(std::system((BELFRY_SOURCE_DIRECTORY "/scripts/postgres stop " + database(at)).c_str()) ==
          0);
  if (!std::getenv("BELFRY_KEEP"))
    std::filesystem::remove_all(directory_);
}

std::unique_ptr<client> node_cluster::connect() const {
  std::vector<node_address> addresses;
  for (const auto& one : nodes_)
    addresses.push_back({"127.0.0.1", static_cast<std::uint16_t>(std::stoi(one.port))});
  auto made = client::connect(addresses);
  REQUIRE(made.ok());
  return std::move(*made);
}

void node_cluster::start_node(std::size_t at) {
  auto& one = nodes_.at(at);
  const auto log = directory_ + "/" + name_of(at) + ".log";
  one.program.emplace(BELFRY_PROGRAM " node --name " + name_of(at) + " --port " + one.port +
                      " --slots 0 --shards 8 --lease 5s " + flags_ +
                      " --store 'postgresql://belfry@/postgres?host=" + database(0) + "," +
                      database(1) + "&target_session_attrs=read-write' 2>> " + log);
  const auto listening = one.program->read_line();
  INFO("see " << log);
  REQUIRE(listening.find("listening on ") == 0);
  one.port = listening.substr(listening.rfind(':') + 1);
}

void node_cluster::start_worker() {
  std::string addresses;
  for (const auto& one : nodes_)
    addresses += " " + one.port;
  workers_.emplace_back(BELFRY_RECORDING_WORKER " " + run_records_path() + addresses);
  REQUIRE(workers_.back().read_line() == "working");
}

void node_cluster::fail_over(const std::string& how) {
  postgres("stop " + database(primary_) + " " + how);
  primary_ = 1 - primary_;
  postgres("promote " + database(primary_));
}

void node_cluster::rebuild_standby() {
  postgres("standby " + database(1 - primary_) + " " + database(primary_));
}

void node_cluster::settle(client& through) const {
  const auto end = std::chrono::steady_clock::now() + start_patience;
  while (!is_settled(through)) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::sleep_for(100ms);
  }
}

bool node_cluster::is_settled(client& through) const {
  const auto seen = through.cluster().info(1s);
  return seen.ok() && seen->nodes.size() == nodes_.size() &&
         std::all_of(seen->nodes.begin(), seen->nodes.end(),
                     [](const node_info& one) { return one.shards >= 2; }) &&
         std::none_of(seen->shards.begin(), seen->shards.end(),
                      [](const auto& one) { return one.node.empty(); });
}

void node_cluster::postgres(const std::string& arguments) const {
  const auto command = BELFRY_SOURCE_DIRECTORY "/scripts/postgres " + arguments + " > /dev/null";
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

std::string node_cluster::database(std::size_t at) const {
  return directory_ + "/" + (at == 0 ? "left" : "right");
}

} // namespace belfry::test
