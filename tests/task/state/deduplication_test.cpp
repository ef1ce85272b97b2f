#include "task/state/deduplication.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

struct deduplication_fixture {
  using batch_list = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

  static constexpr instant start = instant_of_ms(1'700'000'000'000);
  static constexpr duration window{10'000};
  static constexpr client_id ann{1};
  static constexpr client_id bob{2};
  static constexpr task_id mail{7};
  static constexpr task_id later_mail{8};

  deduplication known{window};

  void accept(client_id client, std::uint64_t sequence, instant at,
              std::vector<submit_outcome> outcomes = {}) {
    batch_accepted batch{
        .client = client, .sequence = sequence, .at = at, .outcomes = std::move(outcomes)};
    known.add_batch(batch);
  }
  /// The sequence number of the client's latest batch; 0: none is known.
  [[nodiscard]] std::uint64_t latest_sequence(client_id client) const {
    const auto* batch = known.latest_batch(client);
    return batch ? batch->sequence : 0;
  }
  /// Client and sequence number of all batches, in the order of a snapshot.
  [[nodiscard]] batch_list batches() const {
    batch_list found;
    known.visit_batches([&](client_id client, const deduplication::client_batch& batch) {
      found.emplace_back(client.value, batch.sequence);
    });
    return found;
  }

  void add_key(const std::string& key, task_id task, instant until) {
    known.add_key(deduplication::key_name("default", key), task, until);
  }
  /// The task that the key names; 0: none.
  [[nodiscard]] task_id task_of(const std::string& key) const {
    const auto* found = known.find_key("default", key);
    return found ? found->id : task_id{};
  }
};

} // namespace

// --- batches ---

TEST_CASE_METHOD(deduplication_fixture, "of a client that never submitted no batch is known",
                 "[deduplication]") {
  accept(ann, 1, start);

  CHECK(known.latest_batch(bob) == nullptr);
}

TEST_CASE_METHOD(deduplication_fixture, "the answer to a client's latest batch is kept as it was",
                 "[deduplication]") {
  const std::vector<submit_outcome> outcomes{
      {.id = mail},
      {.id = later_mail, .is_duplicate = true},
      {.refusal = failure{errc::invalid_argument, "kind: is empty"}},
  };

  accept(ann, 3, start, outcomes);

  const auto* latest = known.latest_batch(ann);
  REQUIRE(latest);
  CHECK(latest->sequence == 3);
  CHECK(latest->at == start);
  CHECK(latest->outcomes == outcomes);
}

TEST_CASE_METHOD(deduplication_fixture, "a client's next batch replaces the one before",
                 "[deduplication]") {
  accept(ann, 1, start, {{.id = mail}});
  accept(bob, 9, start + 1s);
  accept(ann, 2, start + 2s, {{.id = later_mail}});

  CHECK(latest_sequence(ann) == 2);
  CHECK(known.latest_batch(ann)->outcomes == std::vector<submit_outcome>{{.id = later_mail}});
  CHECK(latest_sequence(bob) == 9);
}

TEST_CASE_METHOD(deduplication_fixture, "a batch is kept for a window after it was accepted",
                 "[deduplication]") {
  accept(ann, 1, start);

  known.expire(start + window);
  CHECK(latest_sequence(ann) == 1);

  known.expire(start + window + 1ms);
  CHECK(known.latest_batch(ann) == nullptr);
}

TEST_CASE_METHOD(deduplication_fixture, "each batch of a client starts the window anew",
                 "[deduplication]") {
  accept(ann, 1, start);
  accept(ann, 2, start + 4s);

  known.expire(start + 4s + window);
  CHECK(latest_sequence(ann) == 2);

  known.expire(start + 4s + window + 1ms);
  CHECK(known.latest_batch(ann) == nullptr);
}

TEST_CASE_METHOD(deduplication_fixture, "a stall of the shard keeps batches longer by its length",
                 "[deduplication]") {
  accept(ann, 1, start);
  accept(ann, 2, start + 1s);
  accept(bob, 1, start + 2s);

  known.extend(3s);

  known.expire(start + 1s + 3s + window);
  CHECK(batches() == batch_list{{ann.value, 2}, {bob.value, 1}});
  known.expire(start + 1s + 3s + window + 1ms);
  CHECK(batches() == batch_list{{bob.value, 1}});
  known.expire(start + 2s + 3s + window + 1ms);
  CHECK(batches().empty());
}

TEST_CASE_METHOD(deduplication_fixture, "a shard that recovers keeps batches for a whole window",
                 "[deduplication]") {
  accept(ann, 1, start);
  accept(bob, 1, start + 1s);
  accept(ann, 2, start + 2s);
  const auto recovered_at = start + 1h;

  known.restart_window(recovered_at);
  known.restart_window(recovered_at); // Twice is as good as once.

  known.expire(recovered_at + window);
  CHECK(batches() == batch_list{{ann.value, 2}, {bob.value, 1}});
  known.expire(recovered_at + window + 1ms);
  CHECK(batches().empty());
}

TEST_CASE_METHOD(deduplication_fixture,
                 "a snapshot holds each client's latest batch only, the oldest first",
                 "[deduplication]") {
  CHECK(batches().empty());

  accept(bob, 1, start);
  accept(ann, 1, start + 1s);
  accept(bob, 2, start + 2s);

  CHECK(batches() == batch_list{{ann.value, 1}, {bob.value, 2}});
}

TEST_CASE_METHOD(deduplication_fixture,
                 "of batches accepted in one millisecond a snapshot holds the client's latest once",
                 "[deduplication]") {
  accept(ann, 1, start);
  accept(ann, 2, start);

  CHECK(batches() == batch_list{{ann.value, 2}});
}

// --- keys ---

TEST_CASE_METHOD(deduplication_fixture, "a key names its task until its time to live ends",
                 "[deduplication]") {
  add_key("invoice", mail, start + 1h);

  known.expire(start + 1h - 1ms);
  REQUIRE(known.find_key("default", "invoice"));
  CHECK(known.find_key("default", "invoice")->id == mail);
  CHECK(known.find_key("default", "invoice")->until == start + 1h);

  known.expire(start + 1h);
  CHECK(known.find_key("default", "invoice") == nullptr);
}

TEST_CASE_METHOD(deduplication_fixture, "a key counts in its queue only", "[deduplication]") {
  add_key("invoice", mail, start + 1h);

  CHECK(known.find_key("default", "invoices") == nullptr);
  CHECK(known.find_key("urgent", "invoice") == nullptr);
}

TEST_CASE("the names of a queue and a key do not run together", "[deduplication]") {
  CHECK(deduplication::key_name("a", "bc") != deduplication::key_name("ab", "c"));
  CHECK(deduplication::key_name("a", "bc") == std::string("a\0bc", 4));
}

TEST_CASE_METHOD(deduplication_fixture, "each key ends at an instant of its own",
                 "[deduplication]") {
  add_key("second", later_mail, start + 2h);
  add_key("first", mail, start + 1h);
  add_key("third", later_mail, start + 3h);

  known.expire(start + 2h);

  CHECK(task_of("first") == task_id{});
  CHECK(task_of("second") == task_id{});
  CHECK(task_of("third") == later_mail);
}

TEST_CASE_METHOD(deduplication_fixture, "a key given to a new task lives as long as that task says",
                 "[deduplication]") {
  add_key("invoice", mail, start + 1h);

  SECTION("when that is longer") {
    add_key("invoice", later_mail, start + 2h);
    known.expire(start + 1h);
    CHECK(task_of("invoice") == later_mail);
    known.expire(start + 2h);
    CHECK(task_of("invoice") == task_id{});
  }
  SECTION("when that is shorter") {
    add_key("invoice", later_mail, start + 1min);
    known.expire(start + 1min);
    CHECK(task_of("invoice") == task_id{});
    add_key("invoice", mail, start + 2h);
    known.expire(start + 1h);
    CHECK(task_of("invoice") == mail);
  }
}

TEST_CASE_METHOD(deduplication_fixture, "no stall and no recovery lets a key live longer",
                 "[deduplication]") {
  add_key("invoice", mail, start + 1h);

  known.extend(1min);
  known.restart_window(start + 1min);
  known.expire(start + 1h);

  CHECK(task_of("invoice") == task_id{});
}

TEST_CASE_METHOD(deduplication_fixture, "a snapshot holds all keys in order of their names",
                 "[deduplication]") {
  known.add_key(deduplication::key_name("urgent", "a"), later_mail, start + 1h);
  add_key("b", mail, start + 1h);
  add_key("a", mail, start + 2h);
  std::vector<std::string> names;

  known.visit_keys(
      [&](const std::string& name, const deduplication::key_state&) { names.push_back(name); });

  CHECK(names == std::vector<std::string>{deduplication::key_name("default", "a"),
                                          deduplication::key_name("default", "b"),
                                          deduplication::key_name("urgent", "a")});
}

TEST_CASE_METHOD(deduplication_fixture, "clients and keys leave nothing behind after their time",
                 "[deduplication]") {
  for (std::uint64_t number = 1; number <= 10'000; ++number) {
    accept({number}, 1, start);
    add_key("key-" + std::to_string(number), mail, start + window);
  }
  const auto key_count = [this] {
    std::size_t count = 0;
    known.visit_keys([&](const auto&, const auto&) { ++count; });
    return count;
  };
  CHECK(key_count() == 10'000);
  CHECK(batches().size() == 10'000);

  known.expire(start + window + 1ms);

  CHECK(key_count() == 0);
  CHECK(batches().empty());
}
