#include "belfry/actors/node.hpp"

#include "base/system_config.hpp"
#include "belfry/client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <latch>
#include <stdlib.h>
#include <thread>

using namespace belfry;

namespace {

/// Real nodes on this machine's loopback and in a directory of their own.
struct real_node_fixture {
  real_node_fixture() {
    char path[] = "/tmp/belfry-node-test-XXXXXX";
    REQUIRE(::mkdtemp(path) != nullptr);
    directory = path;
  }
  ~real_node_fixture() { std::filesystem::remove_all(directory); }

  [[nodiscard]] node_options options(std::uint32_t slots = 0) const {
    return options_with(std::uint16_t{2}, slots);
  }
  [[nodiscard]] node_options options_with(std::optional<std::uint16_t> shards,
                                          std::uint32_t slots = 0) const {
    node_options with{.name = "tower",
                      .storage = directory_storage{.path = directory + "/data", .shards = shards},
                      .listen = {.port = 0}};
    if (slots > 0)
      with.worker = node_worker{.slots = slots};
    return with;
  }

  static handler_registry echo() {
    handler_registry handlers;
    handlers.on("echo", [](run& current) { return run_result::success(current.payload()); });
    return handlers;
  }

  static std::unique_ptr<client> client_of(const node& of) {
    auto connected = client::connect("127.0.0.1", of.port());
    REQUIRE(connected.ok());
    return std::move(*connected);
  }

  static task_spec task(std::string payload) {
    task_spec spec;
    spec.kind = "echo";
    spec.payload = std::move(payload);
    return spec;
  }

  std::string directory;
};

std::string fault(const result<std::unique_ptr<node>>& started) {
  return started ? "" : started.error().what;
}

} // namespace

TEST_CASE_METHOD(real_node_fixture, "a node whose actors get no thread is not responsive",
                 "[node]") {
  const auto threads = actor_threads();
  std::latch blocked{static_cast<std::ptrdiff_t>(threads)};
  std::latch end{1};
  const task_behaviors behaviors{{"block", [&](caf::event_based_actor*) -> caf::behavior {
                                    return {[&](run_atom, const task_input&) {
                                      blocked.count_down();
                                      end.wait();
                                      return std::string{};
                                    }};
                                  }}};
  auto subject = node::start(options(static_cast<std::uint32_t>(threads)), echo(), behaviors);
  REQUIRE(subject.ok());
  CHECK((*subject)->is_responsive());

  const auto user = client_of(**subject);
  task_spec spec;
  spec.kind = "block";
  for (std::size_t i = 0; i < threads; ++i)
    CHECK(user->submit(spec).ok());
  blocked.wait();
  CHECK_FALSE((*subject)->is_responsive());
  end.count_down();
  bool is_responsive = false;
  for (int i = 0; i < 10 && !is_responsive; ++i)
    is_responsive = (*subject)->is_responsive();
  CHECK(is_responsive);
  (*subject)->stop(duration{0});
  CHECK_FALSE((*subject)->is_responsive());
}

TEST_CASE_METHOD(real_node_fixture, "a node runs the tasks that it stores", "[node]") {
  auto subject = node::start(options(2), echo());
  REQUIRE(subject.ok());
  const auto user = client_of(**subject);

  const auto accepted = user->submit(task("good morning"));
  REQUIRE(accepted.ok());
  const auto settled = user->tasks().wait(accepted->id);

  REQUIRE(settled.ok());
  CHECK(settled->state == task_state::succeeded);
  CHECK(settled->output == "good morning");
}

TEST_CASE_METHOD(real_node_fixture, "a bulk order changes only the tasks behind a given one",
                 "[node]") {
  auto subject = node::start(options(), {});
  REQUIRE(subject.ok());
  const auto user = client_of(**subject);
  for (int i = 0; i < 6; ++i) {
    auto later = task("later");
    later.delay = std::chrono::hours{1};
    REQUIRE(user->submit(later).ok());
  }
  const auto before = user->tasks().list();
  REQUIRE(before->size() == 6);

  std::size_t seen = 0;
  const auto cancelled =
      user->tasks().cancel_all({.after = (*before)[3].id}, client_timeout,
                               [&seen](const bulk_outcome& so_far) { seen = so_far.changed; });

  REQUIRE(cancelled.ok());
  CHECK(cancelled->matched == 2);
  CHECK(cancelled->changed == 2);
  CHECK(seen == 2);
  const auto after = user->tasks().list();
  for (std::size_t i = 0; i < 6; ++i)
    CHECK((*after)[i].state == (i <= 3 ? task_state::scheduled : task_state::cancelled));
}

TEST_CASE_METHOD(real_node_fixture, "a client that is closed ends the calls of other threads",
                 "[node]") {
  auto subject = node::start(options(), {});
  REQUIRE(subject.ok());
  const auto user = client_of(**subject);
  const auto accepted = user->submit(task("nobody runs this"));
  REQUIRE(accepted.ok());
  result<task_info> waited = failure{};
  std::thread waiting{[&] { waited = user->tasks().wait(accepted->id, std::chrono::hours{1}); }};

  user->close();
  waiting.join();

  CHECK(waited.error().code == errc::cancelled);
  CHECK(user->submit(task("too late")).error().code == errc::cancelled);
  CHECK(user->cluster().status().error().code == errc::cancelled);
}

TEST_CASE_METHOD(real_node_fixture, "a task outlives the node that accepted it", "[node]") {
  std::optional<task_id> accepted;
  {
    auto first = node::start(options());
    REQUIRE(first.ok());
    accepted = client_of(**first)->submit(task("still here"))->id;
    (*first)->stop();
  }

  auto second = node::start(options(1), echo());
  REQUIRE(second.ok());
  const auto settled = client_of(**second)->tasks().wait(*accepted);

  REQUIRE(settled.ok());
  CHECK(settled->output == "still here");
}

TEST_CASE_METHOD(real_node_fixture, "a node without storage runs tasks of another", "[node]") {
  auto keeper = node::start(options());
  REQUIRE(keeper.ok());
  const node_options elsewhere{.storage = remote_storage{{{"127.0.0.1", (*keeper)->port()}}},
                               .worker = node_worker{.slots = 1}};
  auto runner = node::start(elsewhere, echo());
  REQUIRE(runner.ok());
  CHECK((*runner)->port() == 0);

  const auto user = client_of(**keeper);
  const auto settled = user->tasks().wait(user->submit(task("from afar"))->id);

  REQUIRE(settled.ok());
  CHECK(settled->output == "from afar");
}

TEST_CASE_METHOD(real_node_fixture, "a node that cannot listen says where and why", "[node]") {
  auto first = node::start(options());
  REQUIRE(first.ok());
  auto more = options();
  more.storage = directory_storage{directory + "/other"};
  more.listen.port = (*first)->port();

  const auto second = node::start(more);

  CHECK(fault(second) == "cannot listen on 127.0.0.1:" + std::to_string(more.listen.port) +
                             ": Address already in use");

  more.listen = {.bind = "192.0.2.1", .port = 4100}; // Of no machine.
  CHECK(fault(node::start(more)) ==
        "cannot listen on 192.0.2.1:4100: Cannot assign requested address");
}

TEST_CASE_METHOD(real_node_fixture, "a data directory has one node at a time", "[node]") {
  auto first = node::start(options());
  REQUIRE(first.ok());

  CHECK(fault(node::start(options())).find(directory + "/data") != std::string::npos);

  first->reset();
  CHECK(node::start(options()).ok());
}

TEST_CASE_METHOD(real_node_fixture, "the number of shards is fixed by the first start", "[node]") {
  REQUIRE(node::start(options()).ok());

  CHECK(fault(node::start(options_with(std::uint16_t{3}))).find("shards") != std::string::npos);
}

TEST_CASE_METHOD(real_node_fixture, "a node without a given shard count keeps the stored one",
                 "[node]") {
  REQUIRE(node::start(options_with(std::uint16_t{3})).ok());
  const auto again = node::start(options_with(std::nullopt));

  REQUIRE(again.ok());
  CHECK(client_of(**again)->shard_count() == 3);
}

TEST_CASE_METHOD(real_node_fixture, "a new node has one shard per two processors", "[node]") {
  const auto subject = node::start(options_with(std::nullopt));

  REQUIRE(subject.ok());
  CHECK(client_of(**subject)->shard_count() ==
        std::max(1U, std::thread::hardware_concurrency() / 2));
}

TEST_CASE_METHOD(real_node_fixture, "waiting for a node ends when it is stopped", "[node]") {
  auto subject = node::start(options());
  REQUIRE(subject.ok());
  std::thread stopper([&] { (*subject)->stop(); });

  CHECK((*subject)->wait().empty());
  stopper.join();
}

TEST_CASE("a node without a role is refused", "[node]") {
  CHECK(node::start({}).error().code == errc::invalid_argument);
}

TEST_CASE_METHOD(real_node_fixture, "a node remembers as many settled tasks as its options say",
                 "[node]") {
  auto few = options_with(std::uint16_t{1}, 1);
  few.settled_tasks_max = 1;
  auto tower = node::start(few, echo());
  REQUIRE(tower.ok());
  const auto user = client_of(**tower);
  const auto first = user->submit(task("first")).value().id;
  REQUIRE(user->tasks().wait(first).ok());
  const auto second = user->submit(task("second")).value().id;
  REQUIRE(user->tasks().wait(second).ok());

  CHECK(user->tasks().get(first).error().code == errc::forgotten);
  CHECK(user->tasks().get(second).ok());
}
