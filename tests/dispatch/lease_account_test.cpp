#include "dispatch/lease_account.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

constexpr duration length{10'000};
constexpr lease_account::moment start{1h};

/// A worker that attached at the start, to a node that answers beats.
lease_account attached_account() {
  lease_account subject;
  REQUIRE(subject.attached(subject.ask(start), true));
  return subject;
}

} // namespace

TEST_CASE("a lease begins when the Attach that was answered was sent", "[lease]") {
  auto subject = attached_account();
  CHECK(subject.since() == start);
  CHECK_FALSE(subject.is_asking());

  CHECK_FALSE(subject.begins_to_doubt(start + length, length));
  CHECK(subject.begins_to_doubt(start + length + 1ms, length));
  CHECK(subject.is_in_doubt());
  CHECK_FALSE(subject.begins_to_doubt(start + 2 * length, length)); // It does already.
}

TEST_CASE("who was never attached doubts nothing", "[lease]") {
  lease_account subject;
  (void)subject.ask(start);

  CHECK_FALSE(subject.begins_to_doubt(start + 10 * length, length));
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
  const auto first = subject.ask(start + 1s);
  const auto second = subject.ask(start + 2s);
  const auto third = subject.ask(start + 3s);
  CHECK(subject.is_asking(third));
  CHECK_FALSE(subject.is_asking(second));

  CHECK(subject.attached(second, true));
  CHECK(subject.since() == start + 2s);
  CHECK(subject.is_asking());
  CHECK_FALSE(subject.attached(first, true));
  CHECK(subject.attached(third, true));
  CHECK_FALSE(subject.is_asking());
  CHECK_FALSE(subject.attached(third, true));
}

TEST_CASE("only an Attach that was sent after a doubt ends it", "[lease]") {
  auto subject = attached_account();
  const auto before = subject.ask(start + 1s);
  const auto beat_before = subject.beat(start + 1s);
  const auto later = start + 2 * length;
  REQUIRE(subject.begins_to_doubt(later, length));

  CHECK_FALSE(subject.attached(before, true));
  subject.heard(beat_before);
  subject.heard(subject.beat(later));
  CHECK(subject.is_in_doubt());

  CHECK(subject.attached(subject.ask(later), true));
  CHECK_FALSE(subject.is_in_doubt());
  CHECK(subject.since() == later);
}

TEST_CASE("a connection that broke brings no answers", "[lease]") {
  auto subject = attached_account();
  const auto before = subject.ask(start + 1s);
  const auto beat_before = subject.beat(start + 1s);
  subject.cut();

  CHECK_FALSE(subject.attached(before, true));
  subject.heard(beat_before);
  CHECK(subject.since() == start);
}

TEST_CASE("a node of an earlier version has heard the latest", "[lease]") {
  lease_account subject;
  (void)subject.ask(start);
  (void)subject.ask(start + 1s);
  CHECK(subject.attached(0, false));
  CHECK(subject.since() == start + 1s);
  CHECK_FALSE(subject.attached(0, false));

  CHECK(subject.beat(start + 2s) == 0);
  CHECK(subject.since() == start + 2s);
}
