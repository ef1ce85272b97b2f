// The checkers of what is left when all is settled, and of bytes, find what they are there to find.
#include "observation_sequence.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

task_spec spec(std::uint32_t attempts_max = 1) {
  task_spec made;
  made.kind = "bake";
  made.retry.attempts_max = attempts_max;
  return made;
}

task_info info(task_state state, std::string error = {}) {
  task_info made;
  made.id = bake;
  made.queue = "default";
  made.state = state;
  made.last_error = std::move(error);
  return made;
}

observation_sequence accepted(std::unique_ptr<checker> of, task_spec wish = spec()) {
  observation_sequence made{std::move(of)};
  made.then(task_offered{1, std::move(wish)}).then(task_accepted{1, bake, false});
  return made;
}

} // namespace

TEST_CASE("a task may be dead when its runs are used up or cannot succeed", "[checkers]") {
  auto it = accepted(settled_for_a_reason(), spec(2));
  it.then(run_granted{bake, first});
  SECTION("not after too few") {
    it.then(task_observed{info(task_state::dead)});
    CHECK(it.end().size() == 1);
  }
  SECTION("after enough") {
    it.then(run_granted{bake, {2}}).then(task_observed{info(task_state::dead)});
    CHECK(it.end().empty());
  }
  SECTION("for good") {
    it.then(task_observed{info(task_state::dead, "hopeless: no retry can help")});
    CHECK(it.end().empty());
  }
  SECTION("as far as is known, when the server may have died with a grant in its hands") {
    it.then(fault_injected{"server_crash unsynced=keep"})
        .then(task_observed{info(task_state::dead)});
    CHECK(it.end().empty());
  }
}

TEST_CASE("a task is cancelled when somebody has asked for it", "[checkers]") {
  auto it = accepted(settled_for_a_reason());
  SECTION("and not otherwise") {
    it.then(task_observed{info(task_state::cancelled)});
    CHECK(it.end().size() == 1);
  }
  SECTION("also if the answer was lost") {
    it.then(cancel_requested{bake}).then(task_observed{info(task_state::cancelled)});
    CHECK(it.end().empty());
  }
}

TEST_CASE("a task expires when its last instant to start is over", "[checkers]") {
  auto wish = spec();
  wish.start_by = instant_of_ms(1'000'000) + 5s;
  auto it = accepted(settled_for_a_reason(), wish);
  SECTION("not before") {
    it.then(task_observed{info(task_state::expired)});
    CHECK(it.end().size() == 1);
  }
  SECTION("afterwards") {
    for (int i = 0; i < 4; ++i)
      it.then(faults_healed{});
    it.then(task_observed{info(task_state::expired)});
    CHECK(it.end().empty());
  }
}

TEST_CASE("a payload that arrives as another is noticed", "[checkers]") {
  auto it = accepted(bytes_survive());
  it.then(run_started{bake, first, 1, 1, "worker0", true});
  CHECK(it.end().empty());
  it.then(run_started{bake, {2}, 2, 1, "worker0", false});
  CHECK(it.end().size() == 1);
}

TEST_CASE("books agree when a restart changes nothing and queues count what is listed",
          "[checkers]") {
  auto it = accepted(books_agree());
  const tasks_listed listed{{info(task_state::dead)}};
  it.then(listed);
  SECTION("they do") {
    it.then(
          tasks_counted{{{{"default", task_state::dead}, 1}, {{"default", task_state::ready}, 0}}})
        .then(listed);
    CHECK(it.end().empty());
  }
  SECTION("a queue counts one too many") {
    it.then(tasks_counted{{{{"default", task_state::dead}, 2}}}).then(listed);
    CHECK(it.end().size() == 1);
  }
  SECTION("a queue leaves one out") {
    it.then(tasks_counted{{}}).then(listed);
    CHECK(it.end().size() == 1);
  }
  SECTION("a task is gone") {
    it.then(tasks_listed{});
    CHECK(it.end().size() == 1);
  }
  SECTION("a task is another") {
    it.then(tasks_listed{{info(task_state::dead, "flaky")}});
    CHECK(it.end().size() == 1);
  }
  SECTION("a task is new") {
    auto other = info(task_state::dead);
    other.id = {8};
    it.then(tasks_listed{{info(task_state::dead), other}});
    CHECK(it.end().size() == 1);
  }
  SECTION("nobody could list them again") {
    CHECK(it.end().size() == 1);
  }
}

TEST_CASE("a shard whose journal is damaged must not grant", "[checkers]") {
  observation_sequence it{damage_noticed()};
  const auto of_2 = task_id::of({2}, 1);
  it.then(disk_damaged{{2}}).then(run_granted{task_id::of({1}, 1), first});
  CHECK(it.end().empty());
  SECTION("while it is") {
    it.then(run_granted{of_2, first});
    CHECK(it.end().size() == 1);
  }
  SECTION("but may when it is repaired") {
    it.then(disk_repaired{}).then(run_granted{of_2, first});
    CHECK(it.end().empty());
  }
  SECTION("or replaced") {
    it.then(disk_replaced{}).then(run_granted{of_2, first});
    CHECK(it.end().empty());
  }
}

TEST_CASE("what a lost disk took is nobody's fault", "[checkers]") {
  auto lost = accepted(nothing_lost());
  lost.then(disk_replaced{true}).then(task_offered{2, spec()});
  CHECK(lost.then(task_accepted{2, bake, false})
            .then(task_observed{info(task_state::succeeded)})
            .end()
            .empty());

  auto tokens = accepted(tokens_grow());
  tokens.then(run_started{bake, {5}, 1, 1, "worker0"})
      .then(disk_replaced{})
      .then(run_started{bake, {3}, 1, 1, "worker0"});
  CHECK(tokens.end().empty());
}
