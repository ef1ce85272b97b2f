// What a caller learns of its submitted tasks when it stops waiting.
#include "submits_fixture.hpp"

using namespace belfry;

namespace {

constexpr std::uint64_t ours = 1;
constexpr std::uint64_t others = 2;
constexpr auto surely_not = "no; the task was not accepted in time";
constexpr auto perhaps = "no; the task may or may not have been accepted";

/// Tasks of two callers, of which one gives up.
struct give_up_fixture : test::submits_fixture {
  std::vector<std::string> outcomes; // "a accepted", or the text of the failure: "b no; the task…".

  void add_for(std::uint64_t group, const std::string& name) {
    task_spec task;
    task.kind = name;
    submits.add(
        std::move(task),
        [this, name](const result<submitted>& outcome) {
          outcomes.push_back(name + " " + (outcome ? "accepted" : outcome.error().what));
        },
        group);
  }
  void refuse(std::size_t index, errc code) {
    REQUIRE(on_submitted(refused(sent.at(index), code, 100)).pause);
  }
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(give_up_fixture, "a caller that gives up learns why its task is refused",
                 "[client]") {
  submits.open(1);
  add_for(ours, "a");
  submits.pump(send);
  add_for(ours, "b"); // Waits for the refused one.
  refuse(0, GENERATE(errc::storage, errc::overloaded));
  CHECK(outcomes.empty());

  CHECK(submits.give_up(ours) == 2);
  CHECK(outcomes == texts{std::string{"a "} + surely_not, std::string{"b "} + surely_not});
  CHECK(submits.is_idle());
  submits.resend(0, 1, send);
  pass_ticks(2 * resend_ticks);
  submits.pump(send);
  CHECK(sent.size() == 1); // Neither is sent again.
}

TEST_CASE_METHOD(give_up_fixture, "the tasks of other callers stay in a batch that is given up",
                 "[client]") {
  submits.open(1);
  add_for(others, "x");
  submits.pump(send);
  add_for(others, "a");
  add_for(ours, "b");
  add_for(others, "c");
  on_submitted(accepted(sent.at(0)));
  submits.pump(send);
  add_for(ours, "d");
  add_for(others, "e");
  outcomes.clear();
  refuse(1, errc::storage);

  CHECK(submits.give_up(ours) == 2);
  CHECK(outcomes == texts{std::string{"b "} + surely_not, std::string{"d "} + surely_not});
  submits.resend(0, sent.at(1).sequence(), send);
  CHECK(sent.at(2).sequence() == sent.at(1).sequence());
  CHECK(kinds(2) == "ac");
  on_submitted(accepted(sent.at(2)));
  submits.pump(send);
  CHECK(kinds(3) == "e");
  on_submitted(accepted(sent.at(3)));
  CHECK(outcomes.size() == 5);
  CHECK(submits.is_idle());
}

TEST_CASE_METHOD(give_up_fixture, "a task that may have been accepted is not called refused",
                 "[client]") {
  submits.open(1);
  add_for(ours, "a");
  submits.pump(send);
  SECTION("its shard recovers: the journal may hold the task") {
    refuse(0, errc::unavailable);
  }
  SECTION("only one of two copies was refused") {
    pass_ticks(resend_ticks);
    REQUIRE(sent.size() == 2);
    refuse(0, errc::storage);
  }
  CHECK(submits.give_up(ours) == 0);
  CHECK(outcomes == texts{std::string{"a "} + perhaps});
  CHECK_FALSE(submits.is_idle());
  CHECK(on_submitted(accepted(sent.at(0))).settled == 1);
  CHECK(outcomes.size() == 1);
  CHECK(submits.is_idle());
}

TEST_CASE_METHOD(give_up_fixture, "a task of which nothing is known stays open", "[client]") {
  SECTION("there is no connection") {
    add_for(ours, "a");
  }
  SECTION("it is unanswered") {
    submits.open(1);
    add_for(ours, "a");
    submits.pump(send);
  }
  SECTION("it was refused long ago, and is unanswered since") {
    submits.open(1);
    add_for(ours, "a");
    submits.pump(send);
    refuse(0, errc::overloaded);
    submits.resend(0, 1, send);
    pass_ticks(2);
  }
  CHECK(submits.give_up(ours) == 0);
  CHECK(outcomes.empty());
  CHECK_FALSE(submits.is_idle());
}

TEST_CASE_METHOD(give_up_fixture, "a flush does not wait for tasks that were given up",
                 "[client]") {
  submits.open(1);
  add_for(ours, "a");
  submits.pump(send);
  add_for(ours, "b");
  bool is_flushed = false;
  submits.flush([&](const result<done>&) { is_flushed = true; });
  refuse(0, errc::storage);
  submits.give_up(ours);
  CHECK(is_flushed);
}
