#include "shard/submit_admission.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

constexpr instant start = instant_of_ms(1'700'000'000'000);

struct admission_fixture {
  bool refuses() { return admission.check_load(priority_class::high, 0, start).has_value(); }

  submit_admission admission{{3}, {.pending_bytes_max = 100}, {}};
};

} // namespace

TEST_CASE_METHOD(admission_fixture, "bytes count as unwritten until their own write is done",
                 "[submit_admission]") {
  admission.on_accepted(60);
  admission.on_write();
  admission.on_accepted(60); // Gathers for the next write.
  CHECK(refuses());
  admission.on_written();
  CHECK_FALSE(refuses());
  admission.on_accepted(41);
  CHECK(refuses());
}

TEST_CASE_METHOD(admission_fixture, "bytes that need no write do not count", "[submit_admission]") {
  admission.on_accepted(200);
  CHECK(refuses());
  admission.on_write_skipped();
  CHECK_FALSE(refuses());
}

TEST_CASE_METHOD(admission_fixture, "a refusal names the shard, the reason and when to retry",
                 "[submit_admission]") {
  admission.on_accepted(200);
  const auto refusal = admission.check_load(priority_class::high, 0, start);
  REQUIRE(refusal);
  CHECK(refusal->reason.code == errc::overloaded);
  CHECK(refusal->reason.what.find("shard 3 ") == 0);
  CHECK(refusal->retry_after > duration{0});
  CHECK(admission.refuse_for_space().reason.code == errc::storage);
  CHECK(admission.refuse_for_recovery().reason.code == errc::unavailable);
}

TEST_CASE_METHOD(admission_fixture, "the disk's space is checked once per second",
                 "[submit_admission]") {
  CHECK(admission.is_space_check_due(start));
  CHECK_FALSE(admission.is_space_check_due(start + duration{999}));
  CHECK(admission.is_space_check_due(start + duration{1'000}));
}
