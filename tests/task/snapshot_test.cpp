// A snapshot and the journal behind it give the same ledger as the whole journal.
#include "random_walk.hpp"
#include "recovered_ledger.hpp"

#include <map>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// Keeps the latest parts, as a journal does.
struct stored_parts : snapshot_sink {
  std::map<std::uint64_t, std::vector<std::string>> parts;
  std::map<std::uint64_t, std::vector<std::string>> fresh;
  wire::event_writer writer;

  void add(std::uint64_t part, const event& recorded) override {
    writer.add(recorded);
    fresh[part].push_back(writer.finish_record());
  }
  /// The snapshot is complete: pages that it does not hold are dropped.
  void publish(const std::vector<std::uint64_t>& pages) {
    std::map<std::uint64_t, std::vector<std::string>> live;
    live[metadata_part] = fresh[metadata_part];
    for (const auto page : pages)
      live[page] = fresh.contains(page) ? fresh[page] : parts[page];
    parts = std::move(live);
    fresh.clear();
  }
  /// The records of all parts, then those of `journal` from `position` on.
  [[nodiscard]] std::vector<std::string> with(const std::vector<std::string>& journal,
                                              std::size_t position) const {
    std::vector<std::string> all;
    for (const auto& [part, written] : parts)
      all.insert(all.end(), written.begin(), written.end());
    all.insert(all.end(), journal.begin() + static_cast<std::ptrdiff_t>(position), journal.end());
    return all;
  }
};

struct snapshot_fixture : random_walk {
  stored_parts kept;
  std::vector<task_id> ids;

  void finish_snapshot() {
    while (!tasks.snapshots().write_pages(1)) {
    }
    kept.publish(tasks.snapshots().pages());
  }
  void take_snapshot() {
    tasks.snapshots().begin(kept);
    finish_snapshot();
  }
  void check_same(std::size_t position) {
    advance_time(0ms);
    recovered_ledger again{*this, kept.with(journal, position)};
    CHECK(again.tasks.views().audit() == std::vector<std::string>{});
    CHECK(again.tasks.views().size() == tasks.views().size());
    for (const auto id : ids)
      CHECK(again.tasks.views().describe(id, true) == tasks.views().describe(id, true));
  }
};

} // namespace

TEST_CASE_METHOD(snapshot_fixture, "a repeated requeue is recognised after a restart",
                 "[snapshot]") {
  const auto id = accept(spec());
  finish(start(), run_outcome::verdict::failed, true);
  REQUIRE(tasks.requeue(id, now).ok());
  take_snapshot();
  recovered_ledger again{*this, kept.with(journal, journal.size())};
  CHECK(again.tasks.requeue(id, now).ok());
}

TEST_CASE_METHOD(snapshot_fixture, "deadlines bind after a snapshot as before", "[snapshot]") {
  tasks.sessions().set_tells_begin(ann, true);
  auto task = spec();
  task.start_by = now + 15s;
  task.complete_by = now + 40s;
  const auto unbegun = accept(task);
  const auto begun = accept(task);
  start();
  const auto run = start();
  REQUIRE(run.task == begun);
  begin(run);
  SECTION("while the runs are live") {
    take_snapshot();
    advance_time(options.runs.lease);
  }
  SECTION("once the runs are lost") {
    advance_time(options.runs.lease);
    take_snapshot();
  }
  recovered_ledger again{*this, kept.with(journal, journal.size())};
  again.tasks.advance(now + 10s, 100); // The lease that a recovery gives has ended.
  again.tasks.advance(now + 12s, 100); // The lost runs have backed off.
  const auto state_of = [&](task_id id) { return again.tasks.views().describe(id, false)->state; };
  CHECK(state_of(unbegun) == task_state::expired);
  CHECK(state_of(begun) == task_state::ready);
  again.tasks.advance(now + 40s, 100);
  CHECK(state_of(begun) == task_state::expired);
}

TEST_CASE_METHOD(snapshot_fixture,
                 "a run whose end is before its start by the clock survives a snapshot",
                 "[snapshot]") {
  ids.push_back(accept(spec()));
  const auto run = start();
  now -= 5s; // A node whose clock is behind took the shard over.
  finish(run, run_outcome::verdict::succeeded);
  now += 5s;

  take_snapshot();
  check_same(journal.size());
}

TEST_CASE_METHOD(snapshot_fixture, "a failure without a message is explained after a snapshot, too",
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
  CHECK(again.tasks.views().explain(id, now)->text == tasks.views().explain(id, now)->text);
}

TEST_CASE_METHOD(snapshot_fixture, "a snapshot taken between commands loses nothing",
                 "[snapshot]") {
  prng random{GENERATE(1, 2, 3, 4)};
  std::size_t position = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 500; ++i)
      step(random, ids);
    tasks.snapshots().begin(kept);
    position = journal.size();
    while (!tasks.snapshots().write_pages(1))
      for (int i = 0; i < 20; ++i)
        step(random, ids);
    kept.publish(tasks.snapshots().pages());
  }
  for (int i = 0; i < 200; ++i)
    step(random, ids);
  check_same(position);
}

TEST_CASE_METHOD(snapshot_fixture, "an aborted snapshot does not hide later changes",
                 "[snapshot]") {
  prng random{5};
  for (int i = 0; i < 1000; ++i)
    step(random, ids);
  tasks.snapshots().begin(kept);
  (void)tasks.snapshots().write_pages(1);
  tasks.snapshots().abort();
  kept.fresh.clear();
  tasks.snapshots().begin(kept);
  const auto position = journal.size();
  finish_snapshot();
  check_same(position);
}

TEST_CASE_METHOD(snapshot_fixture, "a page that has not changed is not written again",
                 "[snapshot]") {
  for (int i = 0; i < 1000; ++i)
    accept(spec("wash", 1h));
  tasks.snapshots().begin(kept);
  while (!tasks.snapshots().write_pages(100))
    ;
  CHECK(kept.fresh.size() == 5);
  kept.publish(tasks.snapshots().pages());
  accept(spec("wash", 1h));
  tasks.snapshots().begin(kept);
  while (!tasks.snapshots().write_pages(100))
    ;
  CHECK(kept.fresh.size() == 2);
}

TEST_CASE_METHOD(snapshot_fixture,
                 "a page that first changes during a snapshot waits for the next one",
                 "[snapshot]") {
  for (int i = 0; i < 1000; ++i)
    ids.push_back(accept(spec("wash", 1h)));
  std::size_t position = 0;
  for (const auto changed : {ids.back(), ids.front()}) {
    tasks.snapshots().begin(kept);
    position = journal.size();
    (void)tasks.snapshots().write_pages(0);
    REQUIRE(tasks.cancel(changed, now).ok());
    finish_snapshot();
  }
  check_same(position);
}

TEST_CASE_METHOD(snapshot_fixture, "a task that changes is written with its page, as it was",
                 "[snapshot]") {
  for (int i = 0; i < 1000; ++i)
    ids.push_back(accept(spec("wash", 1h)));
  tasks.snapshots().begin(kept);
  const auto position = journal.size();
  for (const auto id : ids)
    REQUIRE(tasks.cancel(id, now).ok());
  accept(spec("wash", 1h));      // On the last page.
  CHECK(kept.fresh.size() == 1); // Metadata only: a change writes no page.
  CHECK(tasks.snapshots().before_image_count() == 1001);
  finish_snapshot();

  CHECK(tasks.snapshots().before_image_count() == 0);
  const recovered_ledger before{*this, kept.with({}, 0)};
  CHECK(before.tasks.views().size() == 1000);
  for (const auto id : ids)
    CHECK(before.tasks.views().describe(id, true)->state == task_state::scheduled);
  check_same(position);
}

TEST_CASE_METHOD(snapshot_fixture, "a snapshot tells about how many bytes it would write",
                 "[snapshot]") {
  CHECK(tasks.snapshots().bytes() == 0);
  auto large = spec("wash", 1h);
  large.payload = std::string(936, 'x');
  for (int i = 0; i < 1000; ++i)
    ids.push_back(accept(large));
  CHECK(tasks.snapshots().bytes() == 1'000'000);
  take_snapshot();
  CHECK(tasks.snapshots().bytes() == 0);

  REQUIRE(tasks.cancel(ids.front(), now).ok());
  CHECK(tasks.snapshots().bytes() > 200'000); // Its page.
  CHECK(tasks.snapshots().bytes() < 300'000);

  recovered_ledger again{*this, journal};
  CHECK(again.tasks.snapshots().bytes() > 900'000); // No snapshot has it.
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
  const queue_settings slow{.queue = "slow",
                            .is_paused = true,
                            .weight = 7,
                            .level = durability::relaxed,
                            .paused_at = now};
  REQUIRE(tasks.set_queue(slow, now).ok());
  advance_time(48h);
  const auto before = tasks.views().schedules().at(0);
  const auto answer = tasks.submit(client, ++sequence, {keyed, spec("")}, now);

  take_snapshot();
  recovered_ledger again{*this, kept.with({}, 0)};

  CHECK(again.tasks.submit(client, sequence, {keyed, spec("")}, now) == answer);
  CHECK(again.tasks.submit({78}, 1, {keyed}, now)->at(0).id ==
        tasks.submit({78}, 1, {keyed}, now)->at(0).id);
  CHECK(id.value != 0);
  const auto after = again.tasks.views().schedules().at(0);
  CHECK(after.spec == before.spec);
  CHECK(after.last_nominal == before.last_nominal);
  CHECK(after.next == before.next);
  CHECK(after.last_task == before.last_task);
  CHECK(after.fired == before.fired);
  for (const auto& queue : again.tasks.views().queues())
    if (queue.settings.queue == "slow")
      CHECK(queue.settings == slow);
}

TEST_CASE_METHOD(snapshot_fixture, "an id is not given twice though its task was never written",
                 "[snapshot]") {
  REQUIRE(tasks.set_queue({.queue = "fast", .level = durability::in_memory}, now).ok());
  auto task = spec();
  task.queue = "fast";
  const auto lost = accept(task);
  recovered_ledger again{*this};
  CHECK(again.tasks.views().find(lost) == nullptr);
  const auto next = again.tasks.submit({78}, 1, {task}, now)->at(0).id;
  CHECK(next.serial() > lost.serial());
}
