#include "worker/worker_lease.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr duration length{10'000};
constexpr worker_lease::monotonic_time start{1h};

/// Of a worker that attached at the start, to a node that acknowledges heartbeats.
worker_lease attached_lease() {
  worker_lease subject;
  REQUIRE(subject.attach_acked(subject.attach_sent(start), true));
  return subject;
}

} // namespace

TEST_CASE("a lease outlives three heartbeats that are late", "[lease]") {
  auto subject = attached_lease();
  const auto interval = heartbeat_interval(length);
  CHECK_FALSE(subject.detect_expiry(start + 4 * interval, length));
  CHECK(subject.detect_expiry(start + 4 * interval + 1ms, length));
}

TEST_CASE("a lease starts when the acknowledged Attach was sent", "[lease]") {
  auto subject = attached_lease();
  CHECK(subject.lease_start() == start);
  CHECK_FALSE(subject.is_attach_pending());

  CHECK_FALSE(subject.detect_expiry(start + length, length));
  CHECK(subject.detect_expiry(start + length + 1ms, length));
  CHECK(subject.may_have_expired());
  CHECK_FALSE(subject.detect_expiry(start + 2 * length, length)); // Only once.
}

TEST_CASE("without an acknowledged Attach no lease expires", "[lease]") {
  worker_lease subject;
  (void)subject.attach_sent(start);

  CHECK_FALSE(subject.detect_expiry(start + 10 * length, length));
}

TEST_CASE("an acknowledged heartbeat renews the lease from when it was sent", "[lease]") {
  auto subject = attached_lease();
  const auto first = subject.heartbeat_sent(start + 1s);
  const auto second = subject.heartbeat_sent(start + 2s);
  (void)subject.heartbeat_sent(start + 3s);
  CHECK(subject.lease_start() == start);

  subject.heartbeat_acked(second); // The first was received too.
  CHECK(subject.lease_start() == start + 2s);
  subject.heartbeat_acked(first);
  CHECK(subject.lease_start() == start + 2s);
}

TEST_CASE("an answer acknowledges its own Attach and earlier ones", "[lease]") {
  auto subject = attached_lease();
  const auto first = subject.attach_sent(start + 1s);
  const auto second = subject.attach_sent(start + 2s);
  const auto third = subject.attach_sent(start + 3s);
  CHECK(subject.is_attach_pending(third));
  CHECK_FALSE(subject.is_attach_pending(second));

  CHECK(subject.attach_acked(second, true));
  CHECK(subject.lease_start() == start + 2s);
  CHECK(subject.is_attach_pending());
  CHECK_FALSE(subject.attach_acked(first, true));
  CHECK(subject.attach_acked(third, true));
  CHECK_FALSE(subject.is_attach_pending());
  CHECK_FALSE(subject.attach_acked(third, true));
}

TEST_CASE("after an expiry only an Attach that was sent later gives a new lease", "[lease]") {
  auto subject = attached_lease();
  const auto before = subject.attach_sent(start + 1s);
  const auto heartbeat_before = subject.heartbeat_sent(start + 1s);
  const auto later = start + 2 * length;
  REQUIRE(subject.detect_expiry(later, length));

  CHECK_FALSE(subject.attach_acked(before, true));
  subject.heartbeat_acked(heartbeat_before);
  subject.heartbeat_acked(subject.heartbeat_sent(later));
  CHECK(subject.may_have_expired());

  CHECK(subject.attach_acked(subject.attach_sent(later), true));
  CHECK_FALSE(subject.may_have_expired());
  CHECK(subject.lease_start() == later);
}

TEST_CASE("a lost connection brings no answers", "[lease]") {
  auto subject = attached_lease();
  const auto before = subject.attach_sent(start + 1s);
  const auto heartbeat_before = subject.heartbeat_sent(start + 1s);
  subject.connection_lost();

  CHECK_FALSE(subject.attach_acked(before, true));
  subject.heartbeat_acked(heartbeat_before);
  CHECK(subject.lease_start() == start);
}

TEST_CASE("a node of an earlier version acknowledges the latest Attach", "[lease]") {
  worker_lease subject;
  (void)subject.attach_sent(start);
  (void)subject.attach_sent(start + 1s);
  CHECK(subject.attach_acked(0, false));
  CHECK(subject.lease_start() == start + 1s);
  CHECK_FALSE(subject.attach_acked(0, false));

  CHECK(subject.heartbeat_sent(start + 2s) == 0);
  CHECK(subject.lease_start() == start + 2s);
}

TEST_CASE("it is known when the latest messages were sent, answered or not", "[lease]") {
  auto subject = attached_lease();
  const auto heartbeat = subject.heartbeat_sent(start + 1s);
  const auto attach = subject.attach_sent(start + 2s);
  subject.heartbeat_acked(heartbeat);
  subject.connection_lost();
  CHECK(subject.sent_at(heartbeat) == start + 1s);
  CHECK(subject.sent_at(attach) == start + 2s);
  CHECK_FALSE(subject.sent_at(attach + 1));
  CHECK_FALSE(subject.sent_at(0));

  for (std::size_t i = 1; i < worker_lease::sent_kept; ++i)
    (void)subject.attach_sent(start + 3s);
  CHECK(subject.sent_at(attach) == start + 2s);
  (void)subject.attach_sent(start + 3s);
  CHECK_FALSE(subject.sent_at(attach));
}
