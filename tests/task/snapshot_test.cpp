// A snapshot and the journal behind it say the same as the whole journal.
#include "random_walk.hpp"
#include "recovered_ledger.hpp"

#include <map>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// Keeps the latest parts, as a journal keeps objects.
struct stored_parts : snapshot_sink {
  std::map<std::uint64_t, std::vector<std::string>> parts;
  std::map<std::uint64_t, std::vector<std::string>> fresh;
  wire::event_writer writer;

  void add(std::uint64_t part, const event& what) override {
    writer.add(what);
    fresh[part].push_back(writer.finish_record());
  }
  /// The snapshot is complete: what it does not hold any more is dropped.
  void publish(const std::vector<std::uint64_t>& pages) {
    std::map<std::uint64_t, std::vector<std::string>> live;
    live[metadata_part] = fresh[metadata_part];
    for (const auto page : pages)
      live[page] = fresh.contains(page) ? fresh[page] : parts[page];
    parts = std::move(live);
    fresh.clear();
  }
  [[nodiscard]] std::vector<std::string> with(const std::vector<std::string>& journal,
                                              std::size_t from) const {
    std::vector<std::string> all;
    for (const auto& [part, records] : parts)
      all.insert(all.end(), records.begin(), records.end());
    all.insert(all.end(), journal.begin() + static_cast<std::ptrdiff_t>(from), journal.end());
    return all;
  }
};

struct snapshot_fixture : random_walk {
  stored_parts kept;
  std::vector<task_id> ids;

  void take_snapshot() {
    tasks.begin_snapshot(kept);
    while (!tasks.continue_snapshot(100)) {
    }
    kept.publish(tasks.snapshot_pages());
  }
  void check_same(std::size_t journal_from) {
    pass(0ms);
    recovered_ledger again{*this, kept.with(journal, journal_from)};
    CHECK(again.tasks.audit() == std::vector<std::string>{});
    CHECK(again.tasks.size() == tasks.size());
    for (const auto id : ids)
      CHECK(again.tasks.describe(id, true) == tasks.describe(id, true));
  }
};

} // namespace

TEST_CASE_METHOD(snapshot_fixture, "a requeue that comes again after a restart is known",
                 "[snapshot]") {
  const auto id = accept(spec());
  end(start(), run_outcome::verdict::failed, true);
  REQUIRE(tasks.requeue(id, now).ok());
  tasks.begin_snapshot(kept);
  while (!tasks.continue_snapshot(1)) {
  }
  kept.publish(tasks.snapshot_pages());
  recovered_ledger again{*this, kept.with(journal, journal.size())};
  CHECK(again.tasks.requeue(id, now).ok());
}

TEST_CASE_METHOD(snapshot_fixture, "a run that ends before it began by the clock is the same later",
                 "[snapshot]") {
  ids.push_back(accept(spec()));
  const auto run = start();
  now -= 5s; // Another node went on with it, whose clock is behind.
  end(run, run_outcome::verdict::succeeded);
  now += 5s;

  take_snapshot();
  check_same(journal.size());
}

TEST_CASE_METHOD(snapshot_fixture, "a failure without a word is explained after a snapshot, too",
                 "[snapshot]") {
  const auto id = accept(spec());
  const auto run = start();
  run_outcome outcome;
  outcome.task = run.task;
  outcome.token = run.token;
  outcome.end = run_outcome::verdict::failed;
  tasks.finish_run(run.session, outcome, now);

  take_snapshot();
  recovered_ledger again{*this, kept.with(journal, journal.size())};
  CHECK(again.tasks.explain(id, now)->text == tasks.explain(id, now)->text);
}

TEST_CASE_METHOD(snapshot_fixture, "a snapshot taken while the shard works on loses nothing",
                 "[snapshot]") {
  prng random{GENERATE(1, 2, 3, 4)};
  std::size_t position = 0;
  for (int round = 0; round < 5; ++round) {
    for (int step = 0; step < 500; ++step)
      act(random, ids);
    tasks.begin_snapshot(kept);
    position = journal.size();
    while (!tasks.continue_snapshot(1))
      for (int step = 0; step < 20; ++step)
        act(random, ids);
    kept.publish(tasks.snapshot_pages());
  }
  for (int step = 0; step < 200; ++step)
    act(random, ids);
  check_same(position);
}

TEST_CASE_METHOD(snapshot_fixture, "a snapshot that was given up does not hide later changes",
                 "[snapshot]") {
  prng random{5};
  for (int step = 0; step < 1000; ++step)
    act(random, ids);
  tasks.begin_snapshot(kept);
  (void)tasks.continue_snapshot(1);
  tasks.abort_snapshot();
  kept.fresh.clear();
  tasks.begin_snapshot(kept);
  const auto position = journal.size();
  while (!tasks.continue_snapshot(10))
    ;
  kept.publish(tasks.snapshot_pages());
  check_same(position);
}

TEST_CASE_METHOD(snapshot_fixture, "a page that has not changed is not written again",
                 "[snapshot]") {
  for (int i = 0; i < 1000; ++i)
    accept(spec("wash", 1h));
  tasks.begin_snapshot(kept);
  while (!tasks.continue_snapshot(100))
    ;
  CHECK(kept.fresh.size() == 5);
  kept.publish(tasks.snapshot_pages());
  accept(spec("wash", 1h));
  tasks.begin_snapshot(kept);
  while (!tasks.continue_snapshot(100))
    ;
  CHECK(kept.fresh.size() == 2);
}

TEST_CASE_METHOD(snapshot_fixture, "what changes a page for the first time waits for the next one",
                 "[snapshot]") {
  for (int i = 0; i < 1000; ++i)
    ids.push_back(accept(spec("wash", 1h)));
  std::size_t position = 0;
  for (const auto changed : {ids.back(), ids.front()}) {
    tasks.begin_snapshot(kept);
    position = journal.size();
    (void)tasks.continue_snapshot(0);
    REQUIRE(tasks.cancel(changed, now).ok());
    while (!tasks.continue_snapshot(1)) {
    }
    kept.publish(tasks.snapshot_pages());
  }
  check_same(position);
}

TEST_CASE_METHOD(snapshot_fixture, "a task that changes is handed over with its page, as it was",
                 "[snapshot]") {
  for (int i = 0; i < 1000; ++i)
    ids.push_back(accept(spec("wash", 1h)));
  tasks.begin_snapshot(kept);
  const auto position = journal.size();
  for (const auto id : ids)
    REQUIRE(tasks.cancel(id, now).ok());
  accept(spec("wash", 1h));      // On the last page.
  CHECK(kept.fresh.size() == 1); // The head: a change is no reason to hurry.
  CHECK(tasks.before_image_count() == 1001);
  while (!tasks.continue_snapshot(1)) {
  }
  kept.publish(tasks.snapshot_pages());

  CHECK(tasks.before_image_count() == 0);
  const recovered_ledger before{*this, kept.with({}, 0)};
  CHECK(before.tasks.size() == 1000);
  for (const auto id : ids)
    CHECK(before.tasks.describe(id, true)->state == task_state::scheduled);
  check_same(position);
}

TEST_CASE_METHOD(snapshot_fixture, "a snapshot says how much it would write", "[snapshot]") {
  CHECK(tasks.snapshot_bytes() == 0);
  auto large = spec("wash", 1h);
  large.payload = std::string(936, 'x');
  for (int i = 0; i < 1000; ++i)
    ids.push_back(accept(large));
  CHECK(tasks.snapshot_bytes() == 1'000'000);
  take_snapshot();
  CHECK(tasks.snapshot_bytes() == 0);

  REQUIRE(tasks.cancel(ids.front(), now).ok());
  CHECK(tasks.snapshot_bytes() > 200'000); // Its page.
  CHECK(tasks.snapshot_bytes() < 300'000);

  recovered_ledger again{*this, journal};
  CHECK(again.tasks.snapshot_bytes() > 900'000); // No snapshot has it.
}

TEST_CASE_METHOD(snapshot_fixture, "keys, schedules, queues and batches outlive a snapshot",
                 "[snapshot]") {
  auto keyed = spec();
  keyed.key = "once";
  const auto id = accept(keyed);
  schedule_spec nightly;
  nightly.name = "nightly";
  nightly.when = {"0 3 * * *", "Europe/Berlin"};
  nightly.task = spec("bake");
  REQUIRE(tasks.put_schedule(nightly, now).ok());
  REQUIRE(tasks.set_queue({"slow", true, 7, durability::relaxed}, now).ok());
  pass(48h);
  const auto before = tasks.schedules().at(0);
  const auto answer = tasks.submit(somebody, ++sequence, {keyed, spec("")}, now);

  tasks.begin_snapshot(kept);
  while (!tasks.continue_snapshot(100))
    ;
  kept.publish(tasks.snapshot_pages());
  recovered_ledger again{*this, kept.with({}, 0)};

  CHECK(again.tasks.submit(somebody, sequence, {keyed, spec("")}, now) == answer);
  CHECK(again.tasks.submit({78}, 1, {keyed}, now)->at(0).id ==
        tasks.submit({78}, 1, {keyed}, now)->at(0).id);
  CHECK(id.value != 0);
  const auto after = again.tasks.schedules().at(0);
  CHECK(after.spec == before.spec);
  CHECK(after.last_nominal == before.last_nominal);
  CHECK(after.next == before.next);
  CHECK(after.last_task == before.last_task);
  CHECK(after.fired == before.fired);
  for (const auto& queue : again.tasks.queues())
    if (queue.settings.queue == "slow")
      CHECK(queue.settings == queue_settings{"slow", true, 7, durability::relaxed});
}

TEST_CASE_METHOD(snapshot_fixture, "an id is not given twice though its task was never written",
                 "[snapshot]") {
  REQUIRE(tasks.set_queue({"fast", false, 1, durability::in_memory}, now).ok());
  auto one = spec();
  one.queue = "fast";
  const auto lost = accept(one);
  recovered_ledger again{*this};
  CHECK(again.tasks.find(lost) == nullptr);
  const auto next = again.tasks.submit({78}, 1, {one}, now)->at(0).id;
  CHECK(next.serial() > lost.serial());
}
