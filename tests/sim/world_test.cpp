#include "toy_world.hpp"

#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

machine server(toy_world& toy) {
  return toy.sim_world.machine_of("server");
}
machine client(toy_world& toy) {
  return toy.sim_world.machine_of("client");
}

} // namespace

TEST_CASE("a request and its answer cross the network in virtual time", "[world]") {
  toy_world toy;
  toy.connect();

  toy.fetch(41);
  const auto sent_at = toy.sim_world.elapsed();
  while (toy.log->answers.empty() && toy.sim_world.step(sent_at + 1s)) {
  }

  CHECK(toy.log->answers == std::vector{42});
  const auto trip = toy.sim_world.elapsed() - sent_at;
  CHECK(trip >= 100us);
  CHECK(trip <= 4ms);
}

TEST_CASE("the wall clock shows how long the world has run", "[world]") {
  toy_world toy;

  toy.advance(1500ms);

  CHECK(toy.sim_world.now() == default_start_time + 1500ms);
}

TEST_CASE("an endless exchange of messages is stopped", "[world]") {
  toy_world toy{{.steps_per_second_max = 100}};
  toy.connect();
  for (int number = 0; number < 10; ++number)
    toy.fetch(number);
  toy.advance(5s);
  CHECK(toy.log->answers.size() == 10);

  for (int number = 0; number < 100; ++number)
    toy.fetch(number);
  CHECK_THROWS_AS(toy.advance(5s), belfry::contract_violation);
}

TEST_CASE("the monitor of an actor on another node receives its exit reason", "[world]") {
  toy_world toy;
  toy.connect();

  SECTION("by quitting") {
    toy.send(fetch_atom::value, std::string{"quit"});
    toy.advance(1s);
    REQUIRE(toy.log->deaths.size() == 1);
    CHECK(toy.log->deaths[0] == caf::sec::bad_function_call);
  }
  SECTION("by an exception") {
    toy.send(fetch_atom::value, std::string{"throw"});
    toy.advance(1s);
    REQUIRE(toy.log->deaths.size() == 1);
    CHECK(toy.log->deaths[0].category() == caf::atom("belfry"));
  }
}

TEST_CASE("a killed process is detected at once, a machine without power after a while",
          "[world]") {
  toy_world toy;
  toy.connect();

  SECTION("the process is killed") {
    toy.sim_world.kill("server", crash_kind::process_killed);
    toy.advance(100ms);
    REQUIRE(toy.log->deaths.size() == 1);
    CHECK(toy.log->deaths[0] == caf::exit_reason::remote_link_unreachable);
  }
  SECTION("the machine loses power") {
    toy.sim_world.kill("server", crash_kind::power_lost);
    toy.advance(7s);
    CHECK(toy.log->deaths.empty());
    toy.advance(2s);
    CHECK(toy.log->deaths.size() == 1);
  }
}

TEST_CASE("a message to a dead node is lost, and a request times out", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.kill("server", crash_kind::power_lost);

  toy.fetch(1);
  toy.advance(3s);

  CHECK(toy.log->answers.empty());
  REQUIRE(toy.log->errors.size() == 1);
  CHECK(toy.log->errors[0] == caf::sec::request_timeout);
}

TEST_CASE("a restarted node is another process at the same address", "[world]") {
  toy_world toy;
  toy.connect();
  const auto before = toy.sim_world.find("server")->id();
  toy.sim_world.kill("server", crash_kind::process_killed);
  toy.advance(1s);

  toy.connect();
  CHECK(toy.log->failed_connects == 1);

  toy.boot_server();
  toy.connect();
  toy.fetch(1);
  toy.advance(1s);

  CHECK(toy.log->answers == std::vector{2});
  CHECK(toy.sim_world.find("server")->id() != before);
}

TEST_CASE("a broken connection loses messages in flight, and can be reopened", "[world]") {
  toy_world toy;
  toy.connect();

  toy.fetch(1);
  while (toy.sim_world.network().packets() == 0 || toy.sim_world.run_for(0s) > 0) {
  }
  toy.sim_world.network().cut(server(toy), client(toy));
  toy.advance(100ms);
  CHECK(toy.log->answers.empty());
  CHECK(toy.log->deaths.size() == 1);

  toy.connect();
  toy.fetch(2);
  toy.advance(1s);
  CHECK(toy.log->answers == std::vector{3});
}

TEST_CASE("a blocked link holds messages back and breaks if it stays blocked", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.network().block(server(toy), client(toy));
  toy.fetch(1);
  toy.advance(1s);
  CHECK(toy.log->answers.empty());

  SECTION("it is unblocked in time") {
    toy.sim_world.network().unblock(server(toy), client(toy));
    toy.advance(100ms);
    CHECK(toy.log->answers == std::vector{2});
    CHECK(toy.log->deaths.empty());
  }
  SECTION("it stays blocked") {
    toy.advance(8s);
    CHECK(toy.log->deaths.size() == 1);
    toy.connect();
    toy.advance(5s);
    CHECK(toy.log->failed_connects == 1);
  }
}

TEST_CASE("a link blocked one way holds back messages in that direction", "[world]") {
  toy_world toy;
  toy.connect();

  SECTION("the request") {
    toy.sim_world.network().block_one_way(client(toy), server(toy));
    toy.fetch(1);
    toy.advance(1s);
    toy.send(fetch_atom::value, std::string{"quit"});
    toy.advance(1s);
    CHECK(toy.log->answers.empty());
    CHECK(toy.log->deaths.empty()); // The server has not received the message to quit.
  }
  SECTION("the answer") {
    toy.send(fetch_atom::value, std::string{"quit"});
    toy.sim_world.network().block_one_way(server(toy), client(toy));
    toy.advance(1s);
    CHECK(toy.log->deaths.empty());
    toy.sim_world.network().unblock(server(toy), client(toy));
    toy.advance(100ms);
    CHECK(toy.log->deaths == std::vector<caf::error>{caf::sec::bad_function_call});
  }
}

TEST_CASE("a frozen node does nothing until it is resumed", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.freeze("server", 1500ms);
  toy.fetch(1);
  toy.advance(1400ms);
  CHECK(toy.log->answers.empty());

  toy.advance(200ms);

  CHECK(toy.log->answers == std::vector{2});
  CHECK(toy.log->deaths.empty());
}

TEST_CASE("a node that is frozen for long loses its connections and can reconnect", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.freeze("server", 20s);
  toy.advance(9s);
  CHECK(toy.log->deaths.size() == 1);
  toy.advance(12s);

  toy.connect();
  toy.fetch(1);
  toy.advance(1s);

  CHECK(toy.log->answers == std::vector{2});
}

TEST_CASE("the timers of a frozen node fire when it is resumed", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.network().block(server(toy), client(toy));
  toy.fetch(1); // Times out after two seconds.
  toy.advance(1s);

  toy.sim_world.freeze("client", 5s);
  toy.advance(4s);
  CHECK(toy.log->errors.empty());
  toy.advance(2s);

  CHECK(toy.log->errors.size() == 1);
}

TEST_CASE("a slow node handles one message after the other", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.find("server")->slow_down(100ms);

  for (int i = 0; i < 5; ++i)
    toy.fetch(i);
  toy.advance(250ms);
  CHECK(toy.log->answers.size() == 3);
  toy.advance(300ms);
  CHECK(toy.log->answers.size() == 5);
}

TEST_CASE("a slow actor delays no other actor", "[world]") {
  toy_world toy;
  toy.connect();
  auto& node = *toy.sim_world.find("server");
  const auto other = node.system().spawn(echo);
  node.retain_root(other);
  node.slow_down(10s, other.id());

  caf::anon_send(other, 1);
  caf::anon_send(other, 2);
  toy.fetch(1);
  toy.advance(1s);

  CHECK(toy.log->answers == std::vector{2});
}

TEST_CASE("a slow network takes longer", "[world]") {
  toy_world toy;
  toy.connect();
  toy.sim_world.network().slow_down(100);

  toy.fetch(1);
  toy.advance(9ms);
  CHECK(toy.log->answers.empty());

  toy.advance(1s);
  CHECK(toy.log->answers == std::vector{2});
}

TEST_CASE("the same seed gives the same run, another seed another", "[world]") {
  const auto run = [](std::uint64_t seed) {
    toy_world toy{{.seed = seed}};
    toy.connect();
    for (int i = 0; i < 50; ++i)
      toy.fetch(i);
    toy.advance(10ms);
    toy.sim_world.network().cut(server(toy), client(toy));
    toy.advance(1s);
    return toy.sim_world.run_trace().fingerprint();
  };

  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}
