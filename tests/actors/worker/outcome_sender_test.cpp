#include "worker/outcome_sender.hpp"

#include "wire/envelope.hpp"

#include <catch2/catch.hpp>

namespace belfry {

namespace {

constexpr shard_id here{1};
constexpr shard_id there{2};

struct sender_fixture {
  outcome_sender sender{session_id{99}};

  void add(shard_id shard, std::uint64_t serial, std::size_t output_bytes = 0) {
    wire::RunOutcome outcome;
    outcome.set_task(task_id::of(shard, serial).value);
    outcome.set_token(serial);
    outcome.set_output(std::string(output_bytes, 'x'));
    sender.add(std::move(outcome));
  }
  static wire::Report opened(const envelope& sealed) {
    wire::Report report;
    REQUIRE(wire::open(sealed.bytes, report));
    CHECK(report.session() == 99);
    CHECK(report.shard() == sealed.shard);
    return report;
  }
};

} // namespace

TEST_CASE_METHOD(sender_fixture, "each shard gets a report of its own outcomes, in order",
                 "[outcome_sender]") {
  add(there, 1);
  add(here, 2);
  add(here, 3);

  const auto reports = sender.next(0);

  REQUIRE(reports.size() == 2);
  const auto first = opened(reports[0]);
  CHECK(first.shard() == here.value);
  REQUIRE(first.outcomes_size() == 2);
  CHECK(first.outcomes(0).token() == 2);
  CHECK(first.outcomes(1).token() == 3);
  CHECK(opened(reports[1]).shard() == there.value);
}

TEST_CASE_METHOD(sender_fixture, "one report per shard is in flight at a time",
                 "[outcome_sender]") {
  add(here, 1);
  CHECK(opened(sender.next(0).at(0)).sequence() == 1);
  add(here, 2);
  add(there, 3);
  CHECK(sender.next(0).size() == 1); // Of the other shard.

  CHECK(sender.confirm(here, 1) == std::vector{run_key{task_id::of(here, 1), {1}}});

  const auto reports = sender.next(0);
  REQUIRE(reports.size() == 1);
  CHECK(opened(reports[0]).sequence() == 2);
  CHECK(opened(reports[0]).outcomes(0).token() == 2);
}

TEST_CASE_METHOD(sender_fixture, "a report that is about to be sent can name begun runs",
                 "[outcome_sender]") {
  const run_key run{task_id::of(here, 9), {9}};
  CHECK_FALSE(sender.add_begun(run, 40));
  add(here, 1);
  CHECK(sender.add_begun(run, 40));
  const auto report = opened(sender.next(100).at(0));
  CHECK(report.clock_ms() == 100);
  REQUIRE(report.begun_size() == 1);
  CHECK(report.begun(0).token() == 9);
  CHECK(report.begun(0).began_ms() == 40);

  add(here, 2);
  CHECK_FALSE(sender.add_begun(run, 40)); // Another report is in flight.
  sender.confirm(here, 1);
  CHECK(opened(sender.next(120).at(0)).begun_size() == 0);
}

TEST_CASE_METHOD(sender_fixture, "an acknowledgement of another report changes nothing",
                 "[outcome_sender]") {
  add(here, 1);
  CHECK(sender.confirm(here, 0).empty());
  CHECK(sender.next(0).size() == 1);
  CHECK(sender.confirm(here, 2).empty());
  CHECK(sender.confirm(there, 1).empty());
  CHECK_FALSE(sender.is_empty());

  CHECK(sender.confirm(here, 1).size() == 1);
  CHECK(sender.confirm(here, 1).empty());
  CHECK(sender.is_empty());
}

TEST_CASE_METHOD(sender_fixture, "a report without an acknowledgement is sent again",
                 "[outcome_sender]") {
  add(here, 1);
  CHECK(sender.add_begun({task_id::of(here, 9), {9}}, 40));
  auto first = opened(sender.next(100).at(0));
  CHECK(sender.resend(100, 150).empty());

  const auto resend = sender.resend(101, 150);

  REQUIRE(resend.size() == 1);
  first.set_clock_ms(150); // The only difference: begins are dated by the clock of the sending.
  CHECK(opened(resend[0]).SerializeAsString() == first.SerializeAsString());
  CHECK(sender.resend(150, 160).empty());
  CHECK(opened(sender.resend(151, 160).at(0)).clock_ms() == 160);
}

TEST_CASE_METHOD(sender_fixture, "large outcomes are spread over several reports",
                 "[outcome_sender]") {
  for (std::uint64_t n = 1; n <= 20; ++n)
    add(here, n, 100'000);
  std::uint64_t acknowledged = 0;
  for (std::uint64_t sequence = 1; !sender.is_empty(); ++sequence) {
    const auto reports = sender.next(0);
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].bytes.size() < 700'000);
    acknowledged += sender.confirm(here, sequence).size();
  }
  CHECK(acknowledged == 20);
}

} // namespace belfry
