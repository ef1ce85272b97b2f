#include "task/state/session_leases.hpp"

#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// The sessions of a shard in its third epoch, with a lease of ten seconds.
struct session_leases_fixture {
  static constexpr instant start = instant_of_ms(1'700'000'000'000);
  static constexpr duration lease{10'000};
  static constexpr session_id ann{1001};
  static constexpr session_id bob{1002};

  ledger_options options{.shard = {3}, .epoch = 3, .runs = {.lease = lease}};
  shard_timers timers{start, [this](timer_key key, instant due) {
                        return sessions.wakes_at(static_cast<std::uint32_t>(number_of(key))) == due;
                      }};
  session_leases sessions{timers, options};
  task_table tasks;
  std::vector<session_id> expired;

  /// Carries out the timers that are due by `until`, as a ledger does.
  void advance_to(instant until) {
    std::vector<expired_timer> due;
    timers.advance_to(until, 100, due);
    for (const auto& timer : due) {
      const auto index = static_cast<std::uint32_t>(number_of(timer.key));
      if (!sessions.is_expired(index, until))
        continue;
      expired.push_back(sessions.id(index));
      sessions.remove(index);
    }
  }
  /// How many timers the shard has.
  [[nodiscard]] std::size_t timer_count() const {
    std::size_t count = 0;
    timers.visit_all([&](timer_key, instant) { ++count; });
    return count;
  }
  /// A task that the session runs.
  task_record& run(std::uint64_t serial, session_id session) {
    auto& record = tasks.add(serial);
    record.id = task_id::of(options.shard, serial);
    sessions.attach_run(record, session);
    return record;
  }
  /// The serials of the session's runs, in the order of its list.
  std::vector<std::uint64_t> runs_of(session_id session) {
    std::vector<std::uint64_t> serials;
    for (const auto task : sessions.runs(sessions.index_of(session)))
      serials.push_back(task.serial());
    return serials;
  }
};

} // namespace

// --- indexes ---

TEST_CASE_METHOD(session_leases_fixture, "a shard without workers knows no session",
                 "[session_leases]") {
  CHECK(sessions.index_end() == 1); // Index 0 is no session.
  CHECK(sessions.id(0) == session_id{});
  CHECK(sessions.runs(0).empty());
  CHECK(sessions.wakes_at(0) == instant_max);
}

TEST_CASE_METHOD(session_leases_fixture, "a session keeps its index while it is known",
                 "[session_leases]") {
  const auto index = sessions.index_of(ann);
  CHECK(index != 0);
  CHECK(sessions.index_of(bob) != index);

  sessions.renew(ann, start);

  CHECK(sessions.index_of(ann) == index);
  CHECK(sessions.id(index) == ann);
  CHECK(sessions.index_end() == 3);
}

TEST_CASE_METHOD(session_leases_fixture, "the index of a forgotten session is used again",
                 "[session_leases]") {
  const auto index = sessions.index_of(ann);
  sessions.renew(ann, start);
  sessions.mark_sent({.session = ann, .task = {1}, .token = sessions.next_token()});
  sessions.remove(index);
  CHECK(sessions.id(index) == session_id{});
  CHECK(sessions.wakes_at(index) == instant_max);

  CHECK(sessions.index_of(bob) == index);

  CHECK(sessions.index_end() == 2);
  CHECK(sessions.id(index) == bob);
  CHECK(sessions.wakes_at(index) == instant_max);
  const auto first_token = fencing_token{(std::uint64_t{3} << 40) + 1};
  CHECK_FALSE(sessions.was_sent(index, first_token)); // That was to the session before.
}

// --- leases ---

TEST_CASE_METHOD(session_leases_fixture, "a lease ends when it was not renewed for its length",
                 "[session_leases]") {
  sessions.renew(ann, start);

  advance_to(start + lease - 1ms);
  CHECK(expired.empty());

  advance_to(start + lease);
  CHECK(expired == std::vector{ann});
}

TEST_CASE_METHOD(session_leases_fixture, "a renewed lease lasts its length from then on",
                 "[session_leases]") {
  sessions.renew(ann, start);
  sessions.renew(ann, start + 4s);

  advance_to(start + lease); // The session's timer rings and is moved.
  advance_to(start + 4s + lease - 1ms);
  CHECK(expired.empty());

  advance_to(start + 4s + lease);
  CHECK(expired == std::vector{ann});
}

TEST_CASE_METHOD(session_leases_fixture, "a late renewal does not shorten a lease",
                 "[session_leases]") {
  sessions.renew(ann, start);
  sessions.renew(ann, start + 5s);
  sessions.renew(ann, start + 1s);

  advance_to(start + lease);
  advance_to(start + 5s + lease - 1ms);
  CHECK(expired.empty());

  advance_to(start + 5s + lease);
  CHECK(expired == std::vector{ann});
}

TEST_CASE_METHOD(session_leases_fixture, "however often a session renews, it has one timer",
                 "[session_leases]") {
  for (auto now = start; now < start + lease; now += 1s)
    sessions.renew(ann, now);
  CHECK(timer_count() == 1);
  CHECK(sessions.wakes_at(sessions.index_of(ann)) == start + lease);

  advance_to(start + lease);

  CHECK(timer_count() == 1);
  CHECK(sessions.wakes_at(sessions.index_of(ann)) == start + 9s + lease);
}

TEST_CASE_METHOD(session_leases_fixture, "the timer of a lease that has ended does not ring again",
                 "[session_leases]") {
  const auto index = sessions.index_of(ann);
  sessions.renew(ann, start);

  CHECK(sessions.is_expired(index, start + lease));

  CHECK(sessions.wakes_at(index) == instant_max);
}

TEST_CASE_METHOD(session_leases_fixture, "each session has a lease of its own",
                 "[session_leases]") {
  sessions.renew(ann, start);
  sessions.renew(bob, start + 1ms);

  advance_to(start + lease);
  CHECK(expired == std::vector{ann});

  advance_to(start + lease + 1ms);
  CHECK(expired == std::vector{ann, bob});
}

TEST_CASE_METHOD(session_leases_fixture, "a session that comes back gets a whole lease",
                 "[session_leases]") {
  sessions.renew(ann, start);
  advance_to(start + lease);
  REQUIRE(expired == std::vector{ann});

  sessions.renew(ann, start + 1min);

  advance_to(start + 1min + lease - 1ms);
  CHECK(expired == std::vector{ann});
  advance_to(start + 1min + lease);
  CHECK(expired == std::vector{ann, ann});
}

TEST_CASE_METHOD(session_leases_fixture,
                 "a session that is known from the journal alone has no lease yet",
                 "[session_leases]") {
  const auto index = sessions.index_of(ann);

  CHECK(sessions.wakes_at(index) == instant_max);
  CHECK(timer_count() == 0);
}

TEST_CASE_METHOD(session_leases_fixture, "a shard that recovers gives every session a whole lease",
                 "[session_leases]") {
  (void)sessions.index_of(ann);
  (void)sessions.index_of(bob);
  const auto recovered_at = start + 1h;

  sessions.renew_all(recovered_at);

  advance_to(recovered_at + lease - 1ms);
  CHECK(expired.empty());
  advance_to(recovered_at + lease);
  CHECK(expired == std::vector{ann, bob});
}

TEST_CASE_METHOD(session_leases_fixture, "a stall of the shard makes every lease longer",
                 "[session_leases]") {
  sessions.renew(ann, start);
  sessions.renew(bob, start + 1s);

  sessions.extend_all(3s);

  advance_to(start + 3s + lease - 1ms);
  CHECK(expired.empty());
  advance_to(start + 3s + lease);
  CHECK(expired == std::vector{ann});
  advance_to(start + 4s + lease);
  CHECK(expired == std::vector{ann, bob});
}

// --- tokens ---

TEST_CASE_METHOD(session_leases_fixture, "each token is greater than all before, in any session",
                 "[session_leases]") {
  const auto first = sessions.next_token();
  const auto second = sessions.next_token();

  CHECK(first.epoch() == 3);
  CHECK(second > first);
}

TEST_CASE_METHOD(session_leases_fixture, "the tokens of a later epoch are greater",
                 "[session_leases]") {
  session_leases next_owner{timers, {.shard = {3}, .epoch = 4}};
  for (int i = 0; i < 100; ++i)
    (void)sessions.next_token();

  CHECK(next_owner.next_token() > sessions.next_token());
}

TEST_CASE_METHOD(session_leases_fixture, "a grant counts as sent from when it is sent",
                 "[session_leases]") {
  const auto index = sessions.index_of(ann);
  const auto first = sessions.next_token();
  const auto second = sessions.next_token();
  CHECK_FALSE(sessions.was_sent(index, first));

  sessions.mark_sent({.session = ann, .task = {1}, .token = first});

  CHECK(sessions.was_sent(index, first));
  CHECK_FALSE(sessions.was_sent(index, second));
}

TEST_CASE_METHOD(session_leases_fixture, "the grants before one that was sent were sent too",
                 "[session_leases]") {
  const auto index = sessions.index_of(ann);
  const auto first = sessions.next_token();
  const auto second = sessions.next_token();

  sessions.mark_sent({.session = ann, .task = {2}, .token = second});
  CHECK(sessions.was_sent(index, first));

  sessions.mark_sent({.session = ann, .task = {1}, .token = first});
  CHECK(sessions.was_sent(index, second));
}

TEST_CASE_METHOD(session_leases_fixture, "what is sent to one session is not sent to another",
                 "[session_leases]") {
  const auto other = sessions.index_of(bob);
  (void)sessions.index_of(ann);
  const auto first = sessions.next_token();
  const auto second = sessions.next_token();

  sessions.mark_sent({.session = ann, .task = {2}, .token = second});

  CHECK_FALSE(sessions.was_sent(other, first));
}

TEST_CASE_METHOD(session_leases_fixture, "the grants of earlier epochs count as sent",
                 "[session_leases]") {
  const auto index = sessions.index_of(ann);
  const fencing_token last_of_second_epoch{(std::uint64_t{3} << 40) - 1};

  CHECK(sessions.was_sent(index, last_of_second_epoch));
  CHECK_FALSE(sessions.was_sent(index, {last_of_second_epoch.value + 1}));
}

TEST_CASE_METHOD(session_leases_fixture, "no grant is sent to a session that is not known",
                 "[session_leases]") {
  const granted_run run{.session = ann, .task = {1}, .token = sessions.next_token()};

  CHECK_THROWS_AS(sessions.mark_sent(run), contract_violation);
}

// --- runs ---

TEST_CASE_METHOD(session_leases_fixture, "a run belongs to the session that it was granted to",
                 "[session_leases]") {
  const auto& record = run(1, ann);
  run(2, bob);
  run(3, ann);

  CHECK(sessions.id(record.details().session) == ann);
  CHECK(runs_of(ann) == std::vector<std::uint64_t>{1, 3});
  CHECK(runs_of(bob) == std::vector<std::uint64_t>{2});
}

TEST_CASE_METHOD(session_leases_fixture, "a run that ends leaves the other runs to its session",
                 "[session_leases]") {
  auto& first = run(1, ann);
  auto& second = run(2, ann);
  auto& third = run(3, ann);

  sessions.detach_run(first, tasks);
  CHECK(first.details().session == 0);
  CHECK(runs_of(ann) == std::vector<std::uint64_t>{3, 2});

  sessions.detach_run(third, tasks); // It has moved.
  CHECK(runs_of(ann) == std::vector<std::uint64_t>{2});

  sessions.detach_run(second, tasks); // The last of the list moves nothing.
  CHECK(second.details().session == 0);
  CHECK(runs_of(ann).empty());
}

TEST_CASE_METHOD(session_leases_fixture, "a task that is retried may run in another session",
                 "[session_leases]") {
  auto& record = run(1, ann);
  sessions.detach_run(record, tasks);

  sessions.attach_run(record, bob);

  CHECK(sessions.id(record.details().session) == bob);
  CHECK(runs_of(ann).empty());
  CHECK(runs_of(bob) == std::vector<std::uint64_t>{1});
}

TEST_CASE_METHOD(session_leases_fixture, "sessions that have ended leave nothing behind",
                 "[session_leases]") {
  for (std::uint64_t number = 1; number <= 10'000; ++number)
    sessions.renew({number}, start);
  CHECK(sessions.index_end() == 10'001);
  for (int step = 0; step < 200; ++step)
    advance_to(start + lease + 1ms);
  CHECK(expired.size() == 10'000);
  CHECK(sessions.index_end() == 1);
  CHECK(timer_count() == 0);

  sessions.renew(ann, start + lease);
  CHECK(sessions.index_of(ann) == 1);
}
