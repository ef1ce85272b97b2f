#include "node/supervisor.hpp"

#include "base/actor_basics.hpp"
#include "base/local_messages.hpp"
#include "support/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

using crash_atom = caf::atom_constant<caf::atom("crash")>;
using leave_atom = caf::atom_constant<caf::atom("leave")>;

/// A supervisor whose children write a transcript: starts, ends, and `child_started` of others.
struct supervisor_fixture : test::actor_fixture {
  ~supervisor_fixture() {
    adopt(subject);
    adopt(controller.actor());
    kill_owned();
  }

  child_spec child(std::string name, std::uint16_t index = 0, restart_limits limits = few) {
    const auto label = name + std::to_string(index);
    return {std::move(name), index,
            [this, label](caf::actor_system& node) {
              lines.push_back(label + " starts");
              return children[label] = node.spawn([this, label](caf::event_based_actor* self) {
                return child_behavior(self, label);
              });
            },
            limits};
  }

  caf::behavior child_behavior(caf::event_based_actor* self, const std::string& label) {
    install_default_handlers(self);
    self->attach_functor([this, label](const caf::error&) { lines.push_back(label + " ends"); });
    return {
        [this, label](const child_started& started) {
          lines.push_back(label + " hears of " + started.name + std::to_string(started.index));
        },
        [](crash_atom) { throw std::runtime_error("crash"); },
        [self](leave_atom) { self->quit(); },
        [self](errc code) {
          self->quit(quit_reason({code, "as it is"}));
        },
    };
  }

  child_spec on_demand(std::uint16_t index) {
    auto spec = child("shard", index);
    spec.is_on_demand = true;
    return spec;
  }

  /// Exactly these on-demand shards are to run.
  void desire(std::vector<std::uint16_t> indexes) {
    caf::send_as(controller.actor(), subject, set_desired_children{"shard", std::move(indexes)});
    run();
  }

  /// The children that have ended and are not restarted.
  std::vector<child_terminated> take_reports() {
    std::vector<child_terminated> reports;
    for (const auto& report : controller.all<child_terminated>())
      reports.push_back(report.get_as<child_terminated>(0));
    controller.received().clear();
    return reports;
  }

  /// By the latest running_children.
  std::vector<std::uint16_t> running() {
    const auto answers = controller.all<running_children>();
    REQUIRE_FALSE(answers.empty());
    return answers.back().get_as<running_children>(0).indexes;
  }

  void supervise(std::vector<child_spec> specs) {
    subject = spawn_supervisor(system, std::move(specs));
    subject->attach_functor([this](const caf::error& reason) { end = reason; });
    run();
  }

  template <class Content>
  void send(const std::string& label, Content content) {
    caf::anon_send(children.at(label), content);
    run();
  }

  std::vector<std::string> take_lines() { return std::exchange(lines, {}); }

  /// For events of one time: the scheduler decides their order.
  std::vector<std::string> take_sorted_lines() {
    std::sort(lines.begin(), lines.end());
    return take_lines();
  }

  static constexpr restart_limits few{
      .restarts_max = 2, .window = 60s, .backoff_min = 1s, .backoff_max = 1s};

  test::probe controller{system};
  std::map<std::string, caf::actor> children;
  std::vector<std::string> lines;
  std::optional<caf::error> end;
  caf::actor subject;
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(supervisor_fixture, "children start in order and learn of each other",
                 "[supervisor]") {
  supervise({child("keeper"), child("shard", 0), child("shard", 1)});

  auto taken_lines = take_lines();
  REQUIRE(taken_lines.size() == 7);
  CHECK(texts(taken_lines.begin(), taken_lines.begin() + 3) ==
        texts{"keeper0 starts", "shard0 starts", "shard1 starts"});
  std::sort(taken_lines.begin() + 3, taken_lines.end());
  CHECK(texts(taken_lines.begin() + 3, taken_lines.end()) ==
        texts{"keeper0 hears of shard0", "keeper0 hears of shard1", "shard0 hears of keeper0",
              "shard1 hears of keeper0"});
}

TEST_CASE_METHOD(supervisor_fixture, "a child that crashes is restarted after a pause",
                 "[supervisor]") {
  supervise({child("keeper"), child("shard")});
  take_lines();

  send("shard0", crash_atom::value);
  CHECK(take_lines() == texts{"shard0 ends"});
  advance(990ms);
  CHECK(take_lines().empty());
  advance(10ms);

  CHECK(take_sorted_lines() ==
        texts{"keeper0 hears of shard0", "shard0 hears of keeper0", "shard0 starts"});
  CHECK_FALSE(end);
}

TEST_CASE_METHOD(supervisor_fixture, "a child that quits is restarted too", "[supervisor]") {
  supervise({child("keeper"), child("shard")});
  take_lines();

  send("keeper0", leave_atom::value);
  advance(1s);

  CHECK(take_sorted_lines() == texts{"keeper0 ends", "keeper0 hears of shard0", "keeper0 starts",
                                     "shard0 hears of keeper0"});
}

TEST_CASE_METHOD(supervisor_fixture, "children learn nothing of a dead child", "[supervisor]") {
  supervise({child("keeper"), child("shard"), child("dispatcher")});
  send("keeper0", crash_atom::value);
  advance(500ms);
  send("shard0", crash_atom::value);
  take_lines();

  advance(500ms);
  CHECK(take_sorted_lines() ==
        texts{"dispatcher0 hears of keeper0", "keeper0 hears of dispatcher0", "keeper0 starts"});
  advance(500ms);
  CHECK(take_sorted_lines() == texts{"dispatcher0 hears of shard0", "keeper0 hears of shard0",
                                     "shard0 hears of dispatcher0", "shard0 hears of keeper0",
                                     "shard0 starts"});
}

TEST_CASE_METHOD(supervisor_fixture, "beyond its budget a child's failure ends the supervisor",
                 "[supervisor]") {
  supervise({child("keeper"), child("shard")});
  for (int death = 0; death < 2; ++death) {
    send("shard0", crash_atom::value);
    advance(1s);
  }
  REQUIRE_FALSE(end);
  take_lines();

  send("shard0", errc::storage);

  REQUIRE(end);
  CHECK(failure_of(*end, system) == failure{errc::storage, "shard 0 failed permanently: as it is"});
  CHECK(take_lines() == texts{"shard0 ends", "keeper0 ends"});
}

TEST_CASE_METHOD(supervisor_fixture, "each child has its own budget, which recovers",
                 "[supervisor]") {
  supervise({child("keeper"), child("shard")});
  for (int death = 0; death < 10; ++death) {
    send("shard0", crash_atom::value);
    send("keeper0", crash_atom::value);
    advance(31s);
  }

  CHECK_FALSE(end);
}

TEST_CASE_METHOD(supervisor_fixture, "a child that failed permanently is not restarted",
                 "[supervisor]") {
  supervise({child("keeper"), child("shard")});

  send("keeper0", errc::corrupt);

  REQUIRE(end);
  CHECK(failure_of(*end, system) ==
        failure{errc::corrupt, "keeper 0 failed permanently: as it is"});
}

TEST_CASE_METHOD(supervisor_fixture, "an exit message ends the children, the last one first",
                 "[supervisor]") {
  supervise({child("keeper"), child("shard", 0), child("shard", 1)});
  take_lines();

  caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
  run();

  CHECK(take_lines() == texts{"shard1 ends", "shard0 ends", "keeper0 ends"});
  CHECK(end == caf::error{caf::exit_reason::user_shutdown});
}

TEST_CASE_METHOD(supervisor_fixture,
                 "a child that waits for its restart is not started during a stop",
                 "[supervisor]") {
  supervise({child("keeper"), child("shard")});
  send("shard0", crash_atom::value);
  take_lines();

  caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
  run();
  advance(10s);

  CHECK(take_lines() == texts{"keeper0 ends"});
  CHECK(end);
}

TEST_CASE_METHOD(supervisor_fixture, "the text of an exception becomes the reason",
                 "[supervisor]") {
  supervise({child("keeper", 0, {.restarts_max = 0})});

  send("keeper0", crash_atom::value);

  REQUIRE(end);
  CHECK(failure_of(*end, system).what == "keeper 0 failed permanently: crash");
}

TEST_CASE_METHOD(supervisor_fixture, "a killed supervisor takes its children with it",
                 "[supervisor]") {
  supervise({child("keeper"), child("shard")});
  take_lines();

  caf::anon_send_exit(subject, caf::exit_reason::kill);
  run();

  CHECK(take_lines().size() == 2);
  CHECK(end);
}

TEST_CASE_METHOD(supervisor_fixture, "unknown messages do not disturb a supervisor",
                 "[supervisor]") {
  supervise({child("keeper")});

  caf::anon_send(subject, std::string{"what is this?"});
  caf::anon_send(subject, caf::make_error(caf::sec::runtime_error));
  run();

  CHECK_FALSE(end);
}

TEST_CASE_METHOD(supervisor_fixture, "an on-demand child runs while it is desired",
                 "[supervisor]") {
  supervise({child("keeper"), on_demand(0), on_demand(1)});
  CHECK(take_lines() == texts{"keeper0 starts"});

  desire({1});
  CHECK(take_sorted_lines() ==
        texts{"keeper0 hears of shard1", "shard1 hears of keeper0", "shard1 starts"});
  desire({1});
  CHECK(take_lines().empty());
  desire({});
  CHECK(take_lines() == texts{"shard1 ends"});
  CHECK(running().empty());
  CHECK(take_reports().empty());
  desire({});
  CHECK(running().empty()); // Answered again.
}

TEST_CASE_METHOD(supervisor_fixture,
                 "an on-demand child that is desired again while it stops is restarted",
                 "[supervisor]") {
  supervise({on_demand(0)});
  desire({0});
  take_lines();

  caf::send_as(controller.actor(), subject, set_desired_children{.name = "shard", .indexes = {}});
  caf::send_as(controller.actor(), subject, set_desired_children{.name = "shard", .indexes = {0}});
  run();

  CHECK(take_lines() == texts{"shard0 ends", "shard0 starts"});
  CHECK(running() == std::vector<std::uint16_t>{0});
}

TEST_CASE_METHOD(supervisor_fixture,
                 "an on-demand child that crashes is restarted while it is desired",
                 "[supervisor]") {
  supervise({on_demand(0)});
  desire({0});
  send("shard0", crash_atom::value);
  take_lines();
  advance(1s);
  CHECK(take_lines() == texts{"shard0 starts"});

  send("shard0", crash_atom::value);
  CHECK(running() == std::vector<std::uint16_t>{0}); // After its pause.
  desire({0});
  CHECK(take_lines() == texts{"shard0 ends"});
  desire({});
  CHECK(running().empty());
  advance(10s);
  CHECK(take_lines().empty());
}

TEST_CASE_METHOD(supervisor_fixture, "an on-demand child that is fenced is not restarted by itself",
                 "[supervisor]") {
  supervise({child("keeper"), on_demand(0)});
  desire({0});
  send("shard0", errc::wrong_state);
  take_lines();

  auto reports = take_reports();
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].is_fenced);
  CHECK(reports[0].reason == "as it is");
  advance(10s);
  CHECK(take_lines().empty());
  desire({0});
  CHECK(take_lines().front() == "shard0 starts");
}

TEST_CASE_METHOD(supervisor_fixture,
                 "an on-demand child that failed permanently ends no other child", "[supervisor]") {
  supervise({child("keeper"), on_demand(0), on_demand(1)});
  desire({0, 1});
  send("shard0", errc::corrupt);
  for (int death = 0; death < 3; ++death) {
    send("shard1", crash_atom::value);
    advance(1s);
  }

  CHECK_FALSE(end);
  const auto reports = take_reports();
  REQUIRE(reports.size() == 2);
  CHECK_FALSE(reports[0].is_fenced);
  CHECK_FALSE(reports[1].is_fenced);
}
