#include "toy_world.hpp"

#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

machine server(toy_world& toy) {
  return toy.sim_world.where("server");
}
machine client(toy_world& toy) {
  return toy.sim_world.where("client");
}

} // namespace

TEST_CASE("a request and its answer cross the network in virtual time", "[world]") {
  toy_world toy;
  toy.connect();

  toy.fetch(41);
  const auto begin = toy.sim_world.elapsed();
  while (toy.log->answers.empty() && toy.sim_world.step(begin + 1s)) {
  }

  CHECK(toy.log->answers == std::vector{42});
  const auto trip = toy.sim_world.elapsed() - begin;
  CHECK(trip >= 100us);
  CHECK(trip <= 4ms);
}

TEST_CASE("the wall clock shows how long the world has run", "[world]") {
  toy_world toy;

  toy.pass(1500ms);

  CHECK(toy.sim_world.now() == world_begin + 1500ms);
}

TEST_CASE("actors that exchange messages without end are stopped", "[world]") {
  toy_world toy{{.steps_per_second_max = 100}};
  toy.connect();
  for (int number = 0; number < 10; ++number)
    toy.fetch(number);
  toy.pass(5s);
  CHECK(toy.log->answers.size() == 10);

  for (int number = 0; number < 100; ++number)
    toy.fetch(number);
  CHECK_THROWS_AS(toy.pass(5s), belfry::contract_violation);
}

TEST_CASE("who watches an actor on another node hears why it ended", "[world]") {
  toy_world toy;
  toy.connect();

  SECTION("by its own will") {
    toy.tell(fetch_atom::value, std::string{"quit"});
    toy.pass(1s);
    REQUIRE(toy.log->deaths.size() == 1);
    CHECK(toy.log->deaths[0] == caf::sec::bad_function_call);
  }
  SECTION("by an exception") {
    toy.tell(fetch_atom::value, std::string{"throw"});
    toy.pass(1s);
    REQUIRE(toy.log->deaths.size() == 1);
    CHECK(toy.log->deaths[0].category() == caf::atom("belfry"));
  }
}

TEST_CASE("a killed process is noticed at once, a machine without power after a while", "[world]") {
  toy_world toy;
  toy.connect();

  SECTION("the process is killed") {
    toy.sim_world.kill("server", crash_kind::process_killed);
    toy.pass(100ms);
    REQUIRE(toy.log->deaths.size() == 1);
    CHECK(toy.log->deaths[0] == caf::exit_reason::remote_link_unreachable);
  }
  SECTION("the power fails") {
    toy.sim_world.kill("server", crash_kind::power_lost);
    toy.pass(7s);
    CHECK(toy.log->deaths.empty());
    toy.pass(2s);
    CHECK(toy.log->deaths.size() == 1);
  }
}

TEST_CASE("what is sent to a dead node is lost, and a request times out", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.kill("server", crash_kind::power_lost);

  toy.fetch(1);
  toy.pass(3s);

  CHECK(toy.log->answers.empty());
  REQUIRE(toy.log->errors.size() == 1);
  CHECK(toy.log->errors[0] == caf::sec::request_timeout);
}

TEST_CASE("a restarted node is another process at the same address", "[world]") {
  toy_world toy;
  toy.connect();
  const auto before = toy.sim_world.find("server")->id();
  toy.sim_world.kill("server", crash_kind::process_killed);
  toy.pass(1s);

  toy.connect();
  CHECK(toy.log->failed_connects == 1);

  toy.boot_server();
  toy.connect();
  toy.fetch(1);
  toy.pass(1s);

  CHECK(toy.log->answers == std::vector{2});
  CHECK(toy.sim_world.find("server")->id() != before);
}

TEST_CASE("a broken connection loses what is under way, and a new one can be made", "[world]") {
  toy_world toy;
  toy.connect();

  toy.fetch(1);
  while (toy.sim_world.network().packets() == 0 || toy.sim_world.run_for(0s) > 0) {
  }
  toy.sim_world.network().cut(server(toy), client(toy));
  toy.pass(100ms);
  CHECK(toy.log->answers.empty());
  CHECK(toy.log->deaths.size() == 1);

  toy.connect();
  toy.fetch(2);
  toy.pass(1s);
  CHECK(toy.log->answers == std::vector{3});
}

TEST_CASE("silence holds messages back and ends in a loss if it lasts", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.network().block(server(toy), client(toy));
  toy.fetch(1);
  toy.pass(1s);
  CHECK(toy.log->answers.empty());

  SECTION("it ends in time") {
    toy.sim_world.network().unblock(server(toy), client(toy));
    toy.pass(100ms);
    CHECK(toy.log->answers == std::vector{2});
    CHECK(toy.log->deaths.empty());
  }
  SECTION("it lasts") {
    toy.pass(8s);
    CHECK(toy.log->deaths.size() == 1);
    toy.connect();
    toy.pass(5s);
    CHECK(toy.log->failed_connects == 1);
  }
}

TEST_CASE("silence one way holds back what goes that way", "[world]") {
  toy_world toy;
  toy.connect();

  SECTION("the question") {
    toy.sim_world.network().block_one_way(client(toy), server(toy));
    toy.fetch(1);
    toy.pass(1s);
    toy.tell(fetch_atom::value, std::string{"quit"});
    toy.pass(1s);
    CHECK(toy.log->answers.empty());
    CHECK(toy.log->deaths.empty()); // The server has not heard that it is to quit.
  }
  SECTION("the answer") {
    toy.tell(fetch_atom::value, std::string{"quit"});
    toy.sim_world.network().block_one_way(server(toy), client(toy));
    toy.pass(1s);
    CHECK(toy.log->deaths.empty());
    toy.sim_world.network().unblock(server(toy), client(toy));
    toy.pass(100ms);
    CHECK(toy.log->deaths == std::vector<caf::error>{caf::sec::bad_function_call});
  }
}

TEST_CASE("a frozen node does nothing and hears of nothing, and then goes on", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.freeze("server", 1500ms);
  toy.fetch(1);
  toy.pass(1400ms);
  CHECK(toy.log->answers.empty());

  toy.pass(200ms);

  CHECK(toy.log->answers == std::vector{2});
  CHECK(toy.log->deaths.empty());
}

TEST_CASE("a node that is frozen for long is taken for dead, and lives", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.freeze("server", 20s);
  toy.pass(9s);
  CHECK(toy.log->deaths.size() == 1);
  toy.pass(12s);

  toy.connect();
  toy.fetch(1);
  toy.pass(1s);

  CHECK(toy.log->answers == std::vector{2});
}

TEST_CASE("the timers of a frozen node ring when it goes on", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.network().block(server(toy), client(toy));
  toy.fetch(1); // Times out after two seconds.
  toy.pass(1s);

  toy.sim_world.freeze("client", 5s);
  toy.pass(4s);
  CHECK(toy.log->errors.empty());
  toy.pass(2s);

  CHECK(toy.log->errors.size() == 1);
}

TEST_CASE("on a slow node every message takes its time, one after the other", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.find("server")->slow_down(100ms);

  for (int i = 0; i < 5; ++i)
    toy.fetch(i);
  toy.pass(250ms);
  CHECK(toy.log->answers.size() == 3);
  toy.pass(300ms);
  CHECK(toy.log->answers.size() == 5);
}

TEST_CASE("a slow actor holds up nobody else", "[world]") {
  toy_world toy;
  toy.connect();
  auto& node = *toy.sim_world.find("server");
  const auto other = node.system().spawn(echo);
  node.retain_root(other);
  node.slow_down(10s, other.id());

  caf::anon_send(other, 1);
  caf::anon_send(other, 2);
  toy.fetch(1);
  toy.pass(1s);

  CHECK(toy.log->answers == std::vector{2});
}

TEST_CASE("a slow network takes longer", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.network().slow_down(100);

  toy.fetch(1);
  toy.pass(9ms);
  CHECK(toy.log->answers.empty());

  toy.pass(1s);
  CHECK(toy.log->answers == std::vector{2});
}

TEST_CASE("the same seed goes the same way, another seed another", "[world]") {
  const auto run = [](std::uint64_t seed) {
    toy_world toy{{.seed = seed}};
    toy.connect();
    for (int i = 0; i < 50; ++i)
      toy.fetch(i);
    toy.pass(10ms);
    toy.sim_world.network().cut(server(toy), client(toy));
    toy.pass(1s);
    return toy.sim_world.events().fingerprint();
  };

  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}
