#include "node_cluster.hpp"

#include "support/own_loopback.hpp"

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

constexpr auto start_timeout = 60s;
constexpr std::size_t workers = 2;

std::string name_of(std::size_t index) {
  return std::string(1, static_cast<char>('a' + index));
}

} // namespace

node_cluster::node_cluster(std::string flags, std::size_t nodes)
    : flags_(std::move(flags)), nodes_(nodes) {
  std::string pattern = std::filesystem::temp_directory_path() / "belfry-cluster-XXXXXX";
  directory_ = mkdtemp(pattern.data());
  // As root, PostgreSQL runs as another user, which needs access.
  std::filesystem::permissions(directory_, std::filesystem::perms{0711});
  const auto lifetime = " --while " + std::to_string(getpid());
  postgres("start " + database(0) + lifetime);
  postgres("standby " + database(1) + " " + database(0) + lifetime);
  for (std::size_t index = 0; index < nodes; ++index)
    start_node(index);
  for (std::size_t index = 0; index < workers; ++index)
    start_worker();
}

node_cluster::~node_cluster() {
  workers_.clear();
  nodes_.clear();
  for (const auto index : {0, 1})
    CHECK(std::system(
              (BELFRY_SOURCE_DIRECTORY "/scripts/postgres stop " + database(index)).c_str()) == 0);
  if (!std::getenv("BELFRY_KEEP"))
    std::filesystem::remove_all(directory_);
}

std::unique_ptr<client> node_cluster::connect() const {
  std::vector<node_address> addresses;
  for (const auto& member : nodes_)
    addresses.push_back({own_loopback(), static_cast<std::uint16_t>(std::stoi(member.port))});
  auto made = client::connect(addresses);
  REQUIRE(made.ok());
  return std::move(*made);
}

void node_cluster::start_node(std::size_t index) {
  auto& member = nodes_.at(index);
  const auto log = directory_ + "/" + name_of(index) + ".log";
  member.program.emplace(BELFRY_PROGRAM " node --name " + name_of(index) + " --bind " +
                         own_loopback() + " --port " + member.port +
                         " --slots 0 --shards 8 --lease 5s " + flags_ +
                         " --store 'postgresql://belfry@/postgres?host=" + database(0) + "," +
                         database(1) + "&target_session_attrs=read-write' 2>> " + log);
  const auto listening = member.program->read_line();
  INFO("see " << log);
  REQUIRE(listening.find("listening on ") == 0);
  member.port = listening.substr(listening.rfind(':') + 1);
}

void node_cluster::start_worker() {
  auto command = BELFRY_RECORDING_WORKER " " + run_records_path() + " " + own_loopback();
  for (const auto& member : nodes_)
    command += " " + member.port;
  workers_.emplace_back(command);
  REQUIRE(workers_.back().read_line() == "working");
}

void node_cluster::fail_over(const std::string& mode) {
  postgres("stop " + database(primary_) + " " + mode);
  primary_ = 1 - primary_;
  postgres("promote " + database(primary_));
}

void node_cluster::rebuild_standby() {
  postgres("standby " + database(1 - primary_) + " " + database(primary_));
}

void node_cluster::settle(client& observer) const {
  const auto end = std::chrono::steady_clock::now() + start_timeout;
  while (!is_settled(observer)) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::sleep_for(100ms);
  }
}

bool node_cluster::is_settled(client& observer) const {
  const auto seen = observer.cluster().info(1s);
  return seen.ok() && seen->nodes.size() == nodes_.size() &&
         std::all_of(seen->nodes.begin(), seen->nodes.end(),
                     [](const node_info& info) { return info.shards >= 2; }) &&
         std::none_of(seen->shards.begin(), seen->shards.end(),
                      [](const auto& shard) { return shard.node.empty(); });
}

void node_cluster::postgres(const std::string& arguments) const {
  const auto command = BELFRY_SOURCE_DIRECTORY "/scripts/postgres " + arguments + " > /dev/null";
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

std::string node_cluster::database(std::size_t index) const {
  return directory_ + "/" + (index == 0 ? "left" : "right");
}

} // namespace belfry::test
