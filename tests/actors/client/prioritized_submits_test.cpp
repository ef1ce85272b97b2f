#include "client/prioritized_submits.hpp"

#include "random/prng.hpp"
#include "support/answers.hpp"
#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;

namespace {

constexpr auto low = priority_class::low;
constexpr auto normal = priority_class::normal;
constexpr auto high = priority_class::high;
constexpr client_id anna{7'000};

class priorities_fixture {
protected:
  prioritized_submits submits{anna, {.batch_max = 3, .bytes_max = 1'000, .resend_ticks = 5}};
  std::vector<wire::Submit> sent;
  std::vector<std::string>
      answers; // In the order in which they came: "a accepted", "b overloaded".

  prioritized_submits::sender send = [this](std::uint32_t, const std::vector<char>& bytes) {
    record(bytes);
  };

  void record(const std::vector<char>& bytes) {
    wire::Submit message;
    REQUIRE(wire::open(bytes, message));
    sent.push_back(std::move(message));
  }

  void add(const std::string& name, std::int32_t priority) {
    task_spec task;
    task.kind = name;
    task.priority = priority;
    submits.add(std::move(task), [this, name](result<submitted> outcome) {
      answers.push_back(name + " " +
                        (outcome ? "accepted" : std::string{to_string(outcome.error().code)}));
    });
  }

  prioritized_submits::verdict accept(std::size_t index) {
    auto answer = test::answer_to(sent.at(index));
    for (int i = 0; i < sent[index].tasks_size(); ++i)
      answer.add_outcomes()->set_id(1);
    return submits.on_submitted(answer);
  }
  prioritized_submits::verdict refuse(std::size_t index) {
    auto answer = test::answer_to(sent.at(index));
    answer.mutable_failure()->set_code(static_cast<std::uint32_t>(errc::overloaded));
    answer.mutable_failure()->set_retry_after_ms(70);
    return submits.on_submitted(answer);
  }

  /// The kinds of a batch, in order.
  [[nodiscard]] std::string kinds(std::size_t index) const {
    std::string all;
    for (const auto& task : sent.at(index).tasks())
      all += task.kind();
    return all;
  }
};

} // namespace

TEST_CASE_METHOD(priorities_fixture, "a batch holds tasks of one class, and high ones go first",
                 "[client]") {
  submits.open(1);
  add("a", -1);
  add("b", 0);
  add("c", 5);
  add("d", 0);
  add("e", 1);
  submits.pump(send);

  REQUIRE(sent.size() == 3);
  CHECK(kinds(0) == "ce");
  CHECK(kinds(1) == "bd");
  CHECK(kinds(2) == "a");
  CHECK(sent[0].client() == prioritized_submits::id_of(anna, high).value);
  CHECK(sent[1].client() == prioritized_submits::id_of(anna, normal).value);
  CHECK(sent[2].client() == prioritized_submits::id_of(anna, low).value);
}

TEST_CASE_METHOD(priorities_fixture, "a batch that backs off does not delay those of another class",
                 "[client]") {
  submits.open(1);
  add("a", -1);
  submits.pump(send);
  const auto refused = refuse(0);
  CHECK(refused.priority == low);
  REQUIRE(refused.outcome.pause);
  CHECK(refused.outcome.pause->count() == 70);

  add("b", 1);
  add("c", -1);
  submits.pump(send);
  REQUIRE(sent.size() == 2);
  CHECK(kinds(1) == "b");
  CHECK(accept(1).priority == high);

  submits.resend({sent[0].client()}, 0, sent[0].sequence(), send);
  REQUIRE(sent.size() == 3);
  CHECK(kinds(2) == "a");
  CHECK(sent[2].sequence() == sent[0].sequence());
  CHECK(accept(2).outcome.settled == 1);
  CHECK(answers == std::vector<std::string>{"b accepted", "a accepted"});
}

TEST_CASE_METHOD(priorities_fixture, "a new connection resends the open batches of every class",
                 "[client]") {
  submits.open(1);
  add("a", -1);
  add("b", 1);
  submits.pump(send);
  sent.clear();
  submits.resend_all([](std::uint32_t) { return true; }, send);
  REQUIRE(sent.size() == 2);
  CHECK(kinds(0) == "b");
  CHECK(kinds(1) == "a");

  for (int tick = 0; tick < 5; ++tick)
    submits.tick(send);
  CHECK(sent.size() == 4);
}

TEST_CASE_METHOD(priorities_fixture, "an answer to another client changes nothing in any class",
                 "[client]") {
  submits.open(1);
  add("a", 1);
  submits.pump(send);
  for (const std::uint64_t stranger : {std::uint64_t{0}, std::uint64_t{7'000}, ~std::uint64_t{0}}) {
    auto answer = test::answer_to(sent[0]);
    answer.set_client(stranger);
    CHECK(submits.on_submitted(answer).outcome.settled == 0);
    submits.resend({stranger}, 0, sent[0].sequence(), send);
  }
  CHECK(sent.size() == 1);
  CHECK_FALSE(submits.is_idle());
}

TEST_CASE_METHOD(priorities_fixture, "a flush waits for the tasks of all classes", "[client]") {
  submits.open(1);
  int flushed = 0;
  submits.flush([&](const result<done>&) { ++flushed; });
  CHECK(flushed == 1);

  add("a", -1);
  add("b", 1);
  submits.pump(send);
  submits.flush([&](const result<done>&) { ++flushed; });
  (void)accept(0);
  CHECK(flushed == 1);
  (void)accept(1);
  CHECK(flushed == 2);
  CHECK(submits.is_idle());
}

TEST_CASE_METHOD(priorities_fixture, "failed tasks are counted by class", "[client]") {
  submits.open(1);
  add("a", -1);
  add("b", 1);
  add("c", 1);
  const auto failed = submits.fail_all({errc::cancelled, "closed"});
  CHECK(failed == prioritized_submits::counts{1, 0, 2});
  CHECK(answers.size() == 3);
}

TEST_CASE("the classes of clients spread over the shards", "[client]") {
  prng chance{1};
  for (const auto priority : {low, normal, high}) {
    std::set<std::uint64_t> first;
    for (int i = 0; i < 100; ++i)
      first.insert(prioritized_submits::id_of({chance.next()}, priority).value % 8);
    CHECK(first.size() == 8);
  }
}
