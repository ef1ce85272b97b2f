// How saved progress gets from a report into the next grant.
#include "shard_fixture.hpp"

using namespace belfry;
using namespace std::chrono_literals;

TEST_CASE_METHOD(shard_fixture, "a grant has the progress that the attempt before it saved",
                 "[shard]") {
  serve();
  const auto id = accept(spec());
  const auto token = grant_one();
  CHECK(grants().back().runs(0).previous_progress().empty());
  wire::Report report;
  report.set_session(5);
  report.set_shard(number);
  report.set_sequence(1);
  auto& outcome = *report.add_outcomes();
  outcome.set_task(id);
  outcome.set_token(token);
  outcome.set_verdict(wire::RunOutcome::SNOOZED);
  outcome.set_saved_progress("page 7");
  tell_sealed(worker, report_atom::value, report);
  written();
  advance(10ms); // The task is due at once.

  grant_one();

  REQUIRE(grants().size() == 2);
  CHECK(grants().back().runs(0).task() == id);
  CHECK(grants().back().runs(0).previous_progress() == "page 7");
}
