#include "node/actor_watch.hpp"

#include "base/actor_basics.hpp"
#include "support/actor_fixture.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

struct actor_watch_fixture : test::actor_fixture {
  actor_watch_fixture() { subject.watch("one", adopt(patient.actor())); }

  void end_patient(const caf::error& reason) {
    caf::anon_send(patient.actor(), caf::exit_msg{patient.actor().address(), reason});
    run();
  }

  test::probe patient{system};
  actor_watch subject;
};

} // namespace

TEST_CASE_METHOD(actor_watch_fixture, "a live actor has not ended", "[actor_watch]") {
  CHECK_FALSE(subject.wait_for_end("one", duration{0}));
  CHECK_FALSE(subject.first_failure());
}

TEST_CASE_METHOD(actor_watch_fixture, "an actor that is not watched is not waited for",
                 "[actor_watch]") {
  CHECK(subject.wait_for_end("two", duration{0}));
}

TEST_CASE_METHOD(actor_watch_fixture, "the first end is reported with its reason",
                 "[actor_watch]") {
  end_patient(quit_reason({errc::storage, "the disk is gone"}));

  CHECK(subject.wait_for_end("one", duration{0}));
  CHECK(subject.first_failure() == failure{errc::storage, "the disk is gone"});
  CHECK(subject.wait() == failure{errc::storage, "the disk is gone"});
}

TEST_CASE_METHOD(actor_watch_fixture, "an expected end is not a failure", "[actor_watch]") {
  subject.expect_termination();
  end_patient(caf::exit_reason::user_shutdown);
  subject.release_waiters();

  CHECK(subject.wait_for_end("one", duration{0}));
  CHECK_FALSE(subject.wait());
}
