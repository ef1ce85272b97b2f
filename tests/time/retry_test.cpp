#include "time/retry.hpp"

#include <catch2/catch.hpp>

using namespace belfry;

namespace {

retry_policy plain() {
  retry_policy policy;
  policy.jitter_percent = 0;
  return policy;
}

} // namespace

TEST_CASE("the backoff doubles from delay_min up to delay_max", "[retry]") {
  auto policy = plain();
  policy.attempts_max = 10'000;
  policy.delay_min = duration{1000};
  policy.delay_max = duration{5000};
  CHECK(after_failure(policy, 1, "e", true, 0).delay == duration{1000});
  CHECK(after_failure(policy, 2, "e", true, 0).delay == duration{2000});
  CHECK(after_failure(policy, 3, "e", true, 0).delay == duration{4000});
  CHECK(after_failure(policy, 4, "e", true, 0).delay == duration{5000});
  CHECK(after_failure(policy, 9'999, "e", true, 0).delay == duration{5000});
}

TEST_CASE("a fixed policy always backs off for the same time", "[retry]") {
  auto policy = plain();
  policy.growth = retry_policy::backoff::fixed;
  CHECK(after_failure(policy, 4, "e", true, 0).delay == policy.delay_min);
}

TEST_CASE("the last attempt is not followed by another", "[retry]") {
  auto policy = plain();
  policy.attempts_max = 3;
  CHECK_FALSE(is_last_attempt(policy, 2));
  CHECK(is_last_attempt(policy, 3));
  CHECK(after_failure(policy, 2, "e", true, 0).retry);
  CHECK_FALSE(after_failure(policy, 3, "e", true, 0).retry);
  policy.rules.push_back({"e", true, duration{5}});
  CHECK_FALSE(after_failure(policy, 3, "e", true, 0).retry);
}

TEST_CASE("a final failure is not retried", "[retry]") {
  CHECK_FALSE(after_failure(plain(), 1, "e", false, 0).retry);
}

TEST_CASE("a rule for an error overrides the policy and the handler", "[retry]") {
  auto policy = plain();
  policy.rules = {{"busy", true, duration{7}}, {"bad_input", false, duration{-1}}};
  CHECK(after_failure(policy, 1, "busy", false, 0).delay == duration{7});
  CHECK_FALSE(after_failure(policy, 1, "bad_input", true, 0).retry);
}

TEST_CASE("crashes have their own retry budget", "[retry]") {
  auto policy = plain();
  policy.crashes_max = 2;
  CHECK(after_crash(policy, 1, 1, 0).retry);
  CHECK_FALSE(after_crash(policy, 2, 2, 0).retry);
}

TEST_CASE("jitter shortens a backoff by at most its percentage", "[retry]") {
  auto policy = plain();
  policy.jitter_percent = 20;
  for (std::uint64_t random = 0; random < 5000; ++random) {
    const auto delay = after_failure(policy, 1, "e", true, random).delay;
    CHECK(delay <= duration{1000});
    CHECK(delay >= duration{800});
  }
}

TEST_CASE("an invalid policy is refused with the name of its field", "[retry]") {
  auto policy = plain();
  policy.attempts_max = 0;
  CHECK(check(policy).error().what.find("attempts_max is 0") != std::string::npos);
  policy = plain();
  policy.delay_max = duration{1};
  CHECK(check(policy).error().what.find("delay_min") != std::string::npos);
  policy = plain();
  policy.rules.push_back({"busy", true, duration{std::chrono::hours{24 * 367}}});
  CHECK(check(policy).error().what.find("rule for 'busy'") != std::string::npos);
  CHECK(check(plain()).ok());
}
