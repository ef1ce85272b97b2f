#include "dispatch/lease_tracker.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr duration length{10'000};
constexpr lease_tracker::monotonic_time start{1h};

/// A worker that attached at the start, to a node that answers beats.
lease_tracker attached_account() {
  lease_tracker subject;
  REQUIRE(subject.attached(subject.attach_sent(start), true));
  return subject;
}

} // namespace

TEST_CASE("a lease begins when the Attach that was answered was sent", "[lease]") {
  auto subject = attached_account();
  CHECK(subject.since() == start);
  CHECK_FALSE(subject.is_attach_pending());

  CHECK_FALSE(subject.detect_expiry(start + length, length));
  CHECK(subject.detect_expiry(start + length + 1ms, length));
  CHECK(subject.may_have_expired());
  CHECK_FALSE(subject.detect_expiry(start + 2 * length, length)); // It does already.
}

TEST_CASE("who was never attached doubts nothing", "[lease]") {
  lease_tracker subject;
  (void)subject.attach_sent(start);

  CHECK_FALSE(subject.detect_expiry(start + 10 * length, length));
}

TEST_CASE("a beat renews a lease when it is heard, from when it was sent", "[lease]") {
  auto subject = attached_account();
  const auto first = subject.beat(start + 1s);
  const auto second = subject.beat(start + 2s);
  (void)subject.beat(start + 3s);
  CHECK(subject.since() == start);

  subject.heard(second); // And so was the first.
  CHECK(subject.since() == start + 2s);
  subject.heard(first);
  CHECK(subject.since() == start + 2s);
}

TEST_CASE("an answer is for its own question, and for those before", "[lease]") {
  auto subject = attached_account();
  const auto first = subject.attach_sent(start + 1s);
  const auto second = subject.attach_sent(start + 2s);
  const auto third = subject.attach_sent(start + 3s);
  CHECK(subject.is_attach_pending(third));
  CHECK_FALSE(subject.is_attach_pending(second));

  CHECK(subject.attached(second, true));
  CHECK(subject.since() == start + 2s);
  CHECK(subject.is_attach_pending());
  CHECK_FALSE(subject.attached(first, true));
  CHECK(subject.attached(third, true));
  CHECK_FALSE(subject.is_attach_pending());
  CHECK_FALSE(subject.attached(third, true));
}

TEST_CASE("only an Attach that was sent after a doubt ends it", "[lease]") {
  auto subject = attached_account();
  const auto before = subject.attach_sent(start + 1s);
  const auto beat_before = subject.beat(start + 1s);
  const auto later = start + 2 * length;
  REQUIRE(subject.detect_expiry(later, length));

  CHECK_FALSE(subject.attached(before, true));
  subject.heard(beat_before);
  subject.heard(subject.beat(later));
  CHECK(subject.may_have_expired());

  CHECK(subject.attached(subject.attach_sent(later), true));
  CHECK_FALSE(subject.may_have_expired());
  CHECK(subject.since() == later);
}

TEST_CASE("a connection that broke brings no answers", "[lease]") {
  auto subject = attached_account();
  const auto before = subject.attach_sent(start + 1s);
  const auto beat_before = subject.beat(start + 1s);
  subject.connection_lost();

  CHECK_FALSE(subject.attached(before, true));
  subject.heard(beat_before);
  CHECK(subject.since() == start);
}

TEST_CASE("a node of an earlier version has heard the latest", "[lease]") {
  lease_tracker subject;
  (void)subject.attach_sent(start);
  (void)subject.attach_sent(start + 1s);
  CHECK(subject.attached(0, false));
  CHECK(subject.since() == start + 1s);
  CHECK_FALSE(subject.attached(0, false));

  CHECK(subject.beat(start + 2s) == 0);
  CHECK(subject.since() == start + 2s);
}
