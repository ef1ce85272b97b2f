// A whole node among strangers: a thousand connections at once that mean no good.
//   BELFRY_STRANGERS=15000 BELFRY_SEED=7 program_tests "[hostile]"
#include "node_program.hpp"

#include "os/link/attacker.hpp"
#include "os/link/raw_connection.hpp"
#include "support/number_from.hpp"
#include "support/process_usage.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::test;

namespace {

constexpr std::size_t attackers_count = 1'000;

class attackers {
public:
  explicit attackers(const node_program& node) {
    for (std::size_t i = 0; i < attackers_count; ++i)
      members_.push_back(
          std::make_unique<raw_connection>(static_cast<std::uint16_t>(std::stoi(node.port()))));
  }

  template <class MakeBytes>
  void send_all(MakeBytes make_bytes) {
    for (auto& member : members_)
      member->send_bytes(make_bytes());
  }

private:
  std::vector<std::unique_ptr<raw_connection>> members_;
};

/// Allows for the sanitizers' own memory.
constexpr long growth_max_mib = 150;

struct hostile_fixture : temporary_directory {
  hostile_fixture() {
    allow_descriptors(2 * attackers_count);
    REQUIRE(shell(program + " certs " + directory + "/pki").status == 0);
    for (const std::string name : {"node", "client"}) {
      const auto stem = directory + "/pki/" + name;
      tls[name] = " --tls-cert " + stem + ".pem --tls-key " + stem + ".key --tls-ca " + directory +
                  "/pki/ca.pem ";
    }
  }

  std::map<std::string, std::string> tls;
};

} // namespace

TEST_CASE_METHOD(hostile_fixture, "a thousand silent connections cost a node nothing",
                 "[hostile]") {
  const node_program node{"--data " + directory + "/data"};
  CHECK(node.belfry("submit exec --wait -- true").status == 0);
  const process_usage before{node.pid()};

  const attackers silent{node};
  CHECK(node.belfry("submit exec --wait -- true").status == 0);
  const process_usage in_between{node.pid()};
  CHECK(node.belfry("submit exec --in 2s --wait -- true").status == 0);

  const process_usage after{node.pid()};
  CHECK(after.processor_s - in_between.processor_s < 1);
  CHECK(after.memory_mib - before.memory_mib < growth_max_mib);
}

TEST_CASE_METHOD(hostile_fixture,
                 "a node serves its clients among a thousand unauthenticated peers", "[hostile]") {
  prng chance{2026};
  for (const bool is_tls : {false, true}) {
    const auto link_flags = [&](const std::string& name) {
      return is_tls ? tls[name] : std::string{" "};
    };
    const node_program node{"--data " + directory + "/data" + link_flags("node")};
    const process_usage before{node.pid()};

    attackers unauthenticated{node};
    unauthenticated.send_all([&] { return random_attack(chance); });
    CHECK(node.belfry("submit exec --wait" + link_flags("client") + "-- true").status == 0);

    CHECK(process_usage{node.pid()}.memory_mib - before.memory_mib < growth_max_mib);
  }
}

TEST_CASE_METHOD(
    hostile_fixture,
    "a node serves its clients while a thousand peers send their handshake byte by byte",
    "[hostile]") {
  const node_program node{"--data " + directory + "/data" + tls["node"]};
  attackers slow{node};
  for (const char letter : hello_of(auth_method::tls).substr(0, 20)) {
    slow.send_all([&] { return std::string(1, letter); });
    if (letter == 'Y' || letter == '\1')
      CHECK(node.belfry("submit exec --wait" + tls["client"] + "-- true").status == 0);
  }
}

TEST_CASE_METHOD(hostile_fixture, "no bytes of an unauthenticated peer end a node", "[hostile]") {
  const node_program node{"--data " + directory + "/data" + tls["node"]};
  const auto seed = number_from("BELFRY_SEED", 1);
  const auto strangers = number_from("BELFRY_STRANGERS", 2'000);
  CAPTURE(seed);
  for (std::uint64_t stranger = 0; stranger < strangers; ++stranger) {
    prng chance{seed + stranger};
    raw_connection connection{static_cast<std::uint16_t>(std::stoi(node.port()))};
    connection.send_bytes(random_attack(chance));
    if (chance.chance(50)) {
      shutdown(connection.number(), SHUT_WR);
      (void)connection.receive_all();
    }
  }
  CHECK(node.belfry("submit exec --wait" + tls["client"] + "-- true").status == 0);
}
