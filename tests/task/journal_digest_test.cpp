// A seeded script of ten thousand commands whose every event, effect, answer and snapshot part is
// pinned by a digest: a change of the ledger's structure that changes a byte of the journal fails.
#include "ledger_fixture.hpp"
#include "recovered_ledger.hpp"

#include "random/hash.hpp"
#include "random/prng.hpp"

#include <map>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// Folds values into one number, in order.
class digest {
public:
  void add(std::string_view bytes) {
    add(std::uint64_t{bytes.size()});
    value_ = fnv1a(bytes, value_);
  }
  void add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      const auto byte = static_cast<char>(number >> shift & 0xff);
      value_ = fnv1a({&byte, 1}, value_);
    }
  }
  void add(instant at) { add(static_cast<std::uint64_t>(to_ms(at))); }
  void add(const granted_run& run) {
    add(run.session.value);
    add(run.task.value);
    add(run.token.value);
  }
  void add(const result<done>& answer) {
    add(std::uint64_t{answer.ok()});
    if (!answer.ok())
      add(answer.error().what);
  }
  void add(const task_info& task) {
    for (const auto* text : {&task.kind, &task.queue, &task.key, &task.schedule, &task.last_error,
                             &task.output, &task.progress, &task.payload})
      add(*text);
    for (const auto number :
         {task.id.value, task.token.value, task.session.value, std::uint64_t{task.attempt},
          std::uint64_t{task.crashes}, static_cast<std::uint64_t>(task.state)})
      add(number);
    for (const auto at : {task.accepted_at, task.due, task.started_at.value_or(instant_max),
                          task.settled_at.value_or(instant_max)})
      add(at);
  }
  void add(const lane_summary& lane) {
    add(lane.queue);
    add(lane.kind);
    add(std::uint64_t{lane.waiting});
    add(static_cast<std::uint64_t>(lane.priority));
    add(lane.due);
    add(std::uint64_t{lane.weight});
  }
  template <class T>
  void add(const std::vector<T>& values) {
    add(std::uint64_t{values.size()});
    for (const auto& value : values)
      add(value);
  }
  void add(task_id id) { add(id.value); }
  void add(session_id id) { add(id.value); }

  [[nodiscard]] std::uint64_t value() const { return value_; }

private:
  std::uint64_t value_ = fnv1a({});
};

/// Commands of every kind, drawn at random; everything that the ledger does goes into `seen`.
struct scripted_ledger : event_sink, snapshot_sink {
  prng random{20};
  digest seen;
  wire::event_writer writer;
  std::vector<std::string> journal; // Behind the latest snapshot.
  std::map<std::uint64_t, std::vector<std::string>> parts;
  std::map<std::uint64_t, std::vector<std::string>> fresh_parts;
  instant now = instant_of_ms(1'000'000'000'000);
  ledger tasks{{.shard = {3}, .epoch = 1, .settled_kept_max = 500}, *this, now};
  std::map<std::uint64_t, std::uint64_t> sequences; // By client.
  std::vector<task_id> ids;
  std::vector<granted_run> runs;
  std::size_t journal_at_snapshot = 0;
  bool is_snapshot_open = false;

  void record(const event& recorded, durability level) override {
    writer.add(recorded);
    const auto bytes = writer.finish_record();
    seen.add(static_cast<std::uint64_t>(level));
    seen.add(bytes);
    if (level != durability::in_memory)
      journal.push_back(bytes);
  }
  void add(std::uint64_t part, const event& image) override {
    writer.add(image);
    const auto bytes = writer.finish_record();
    seen.add(part);
    seen.add(bytes);
    fresh_parts[part].push_back(bytes);
  }

  std::string any_of(std::string stem, std::uint64_t count) {
    return std::move(stem) + std::to_string(random.below(count));
  }
  task_id any_id() {
    return ids.empty() ? task_id{}
                       : ids[ids.size() - 1 - random.below(std::min<std::size_t>(ids.size(), 400))];
  }
  session_id any_session() { return {1000 + random.below(12)}; }

  task_spec any_spec() {
    task_spec spec;
    spec.kind = random.chance(2) ? "" : any_of("kind-", 3);
    spec.queue = any_of("queue-", 4);
    const auto letter = static_cast<char>('a' + random.below(26));
    spec.payload = std::string(random.below(40), letter);
    spec.priority = static_cast<std::int32_t>(random.below(5));
    if (random.chance(50))
      spec.delay = duration{random.below(20'000)};
    if (random.chance(30))
      spec.key = any_of("key-", 300);
    if (random.chance(30))
      spec.key_ttl = duration{random.below(60'000)};
    if (random.chance(15))
      spec.start_by = now + spec.delay + duration{random.below(3'000)};
    if (random.chance(20))
      spec.timeout = duration{1 + random.below(5'000)};
    spec.retention = duration{random.below(120'000)};
    spec.retry.attempts_max = 1 + static_cast<std::uint32_t>(random.below(3));
    if (random.chance(10))
      spec.retry.rules.push_back({.error = "busy", .delay = duration{random.below(500)}});
    return spec;
  }

  void submit() {
    const auto client = 70 + random.below(4);
    auto& latest = sequences[client];
    const auto sequence =
        random.chance(80) ? ++latest : latest - std::min<std::uint64_t>(latest, random.below(2));
    std::vector<task_spec> specs;
    for (auto count = random.below(6); count > 0; --count)
      specs.push_back(any_spec());
    seen.add(std::uint64_t{tasks.views().is_duplicate_batch({client}, sequence)});
    const auto outcomes = tasks.submit({client}, sequence, std::move(specs), now);
    seen.add(std::uint64_t{outcomes.has_value()});
    if (!outcomes)
      return;
    for (const auto& outcome : *outcomes) {
      seen.add(outcome.id.value);
      seen.add(std::uint64_t{outcome.is_duplicate});
      if (outcome.refusal)
        seen.add(outcome.refusal->what);
      else
        ids.push_back(outcome.id);
    }
  }
  void set_queue() {
    queue_settings settings;
    settings.queue = any_of("queue-", 4);
    settings.is_paused = random.chance(25);
    settings.weight = static_cast<std::uint32_t>(random.below(6)); // 0 is refused.
    settings.level = static_cast<durability>(1 + random.below(3));
    seen.add(tasks.set_queue(settings, now));
  }
  void put_schedule() {
    schedule_spec schedule;
    schedule.name = any_of("schedule-", 5);
    schedule.when.line = random.chance(50) ? "*/7 * * * * *" : "*/2 * * * *";
    schedule.misfire = static_cast<misfire_policy>(random.below(3));
    schedule.overlap = static_cast<overlap_policy>(random.below(4));
    if (random.chance(40))
      schedule.jitter = duration{random.below(2'000)};
    schedule.task.kind = any_of("kind-", 3);
    schedule.task.queue = any_of("queue-", 4);
    seen.add(tasks.put_schedule(schedule, now));
  }
  void grant() {
    const auto session = any_session();
    tasks.sessions().renew(session, now);
    const auto queue = any_of("queue-", 4);
    const auto kind = any_of("kind-", 3);
    seen.add(std::uint64_t{tasks.grant(session, queue, kind, 1 + random.below(6), now)});
  }
  void take_effects() {
    const auto effects = tasks.take_effects();
    for (const auto* list : {&effects.grants, &effects.revokes, &effects.recalls})
      seen.add(*list);
    seen.add(effects.settled);
    seen.add(effects.lost);
    for (const auto& run : effects.grants) {
      const auto fate = random.below(10);
      if (fate == 0)
        tasks.withdraw_grant(run, now);
      else if (fate > 1 && tasks.views().is_live(run.task, run.token))
        tasks.sessions().mark_sent(run);
      if (fate > 0)
        runs.push_back(run);
    }
  }
  void finish_run() {
    if (runs.empty())
      return;
    const auto index = random.below(runs.size());
    const auto run = runs[index];
    if (random.chance(90)) {
      runs[index] = runs.back();
      runs.pop_back();
    }
    run_outcome outcome;
    outcome.task = run.task;
    outcome.token = run.token;
    outcome.end = static_cast<run_outcome::verdict>(random.below(6));
    outcome.output = any_of("output-", 9);
    outcome.error = random.chance(50) ? "busy" : "broken";
    outcome.message = random.chance(50) ? "try later" : "";
    outcome.is_final = random.chance(20);
    if (random.chance(50))
      outcome.snooze = duration{random.below(3'000)};
    if (random.chance(20))
      tasks.update_progress(run, any_of("progress-", 9));
    seen.add(std::uint64_t{tasks.finish_run(run.session, std::move(outcome), now)});
  }
  void attach() {
    const auto session = any_session();
    std::vector<granted_run> held;
    for (const auto& run : runs)
      if (run.session == session && random.chance(80))
        held.push_back(run);
    if (random.chance(50))
      tasks.attach(session, held, now);
    else
      tasks.revoke_stale(session, held);
  }
  void advance() {
    const auto is_late = random.chance(3);
    const auto pause = duration{is_late ? 2'000 + random.below(40'000) : random.below(700)};
    if (is_late && random.chance(50))
      seen.add(static_cast<std::uint64_t>(tasks.compensate_stall(now, now + pause).count()));
    now += pause;
    seen.add(std::uint64_t{tasks.advance(now, 1 + random.below(50))});
    seen.add(tasks.next_wakeup().value_or(instant_max));
  }
  void renew_leases() {
    for (std::uint64_t session = 1000; session < 1008; ++session)
      tasks.sessions().renew({session}, now);
  }
  void look() {
    const auto id = any_id();
    if (const auto task = tasks.views().describe(id, true))
      seen.add(*task);
    if (const auto explanation = tasks.views().explain(id, now); explanation.ok()) {
      seen.add(to_string(explanation->reason));
      seen.add(explanation->text);
      seen.add(explanation->since);
    }
    page_filter filter;
    filter.states = {task_state::dead, task_state::running};
    filter.queue = "queue-1";
    const auto page = tasks.views().list(filter, id.serial() / 2, 5);
    seen.add(page.tasks);
    seen.add(page.next_after);
    seen.add(random.chance(20) ? tasks.lanes().all() : tasks.lanes().take_changed());
    seen.add(std::uint64_t{tasks.views().open_count()});
    for (const auto& queue : tasks.views().queues())
      for (std::size_t state = 0; state <= static_cast<std::size_t>(task_state::expired); ++state)
        seen.add(queue.counts[state]); // No worker here says when it begins, so none is reserved.
    for (const auto& schedule : tasks.views().schedules()) {
      seen.add(schedule.spec.name);
      seen.add(schedule.next);
      seen.add(schedule.fired);
      seen.add(schedule.skipped);
    }
  }

  void step_snapshot() {
    seen.add(std::uint64_t{tasks.snapshots().bytes()});
    seen.add(std::uint64_t{tasks.snapshots().before_image_count()});
    if (!is_snapshot_open) {
      fresh_parts.clear();
      journal_at_snapshot = journal.size();
      tasks.snapshots().begin(*this);
      is_snapshot_open = true;
    } else if (random.chance(2)) {
      tasks.snapshots().abort();
      is_snapshot_open = false;
    } else if (tasks.snapshots().write_pages(random.below(2))) {
      publish();
      is_snapshot_open = false;
    }
  }
  /// Keeps the finished snapshot as a journal does: unchanged pages stay, others are replaced.
  void publish() {
    std::map<std::uint64_t, std::vector<std::string>> live;
    live[metadata_part] = fresh_parts[metadata_part];
    for (const auto page : tasks.snapshots().pages())
      live[page] = fresh_parts.contains(page) ? fresh_parts[page] : parts[page];
    parts = std::move(live);
    journal.erase(journal.begin(),
                  journal.begin() + static_cast<std::ptrdiff_t>(journal_at_snapshot));
  }

  void step() {
    const auto action = random.below(100);
    if (action < 25)
      submit();
    else if (action < 29)
      seen.add(tasks.cancel(any_id(), now));
    else if (action < 33)
      seen.add(tasks.requeue(any_id(), now));
    else if (action < 35)
      set_queue();
    else if (action < 36)
      put_schedule();
    else if (action < 37)
      seen.add(tasks.remove_schedule(any_of("schedule-", 5)));
    else if (action < 52)
      grant();
    else if (action < 70)
      finish_run();
    else if (action < 73)
      attach();
    else if (action < 90)
      advance();
    else if (action < 93)
      renew_leases();
    else if (action < 96)
      look();
    else
      step_snapshot();
    take_effects();
  }

  /// A ledger that starts from the latest snapshot and the journal behind it.
  void recover() {
    null_sink sink;
    ledger again{{.shard = {3}, .epoch = 2, .settled_kept_max = 500}, sink, now};
    auto records = std::vector<std::string>{};
    for (const auto& [part, events] : parts)
      records.insert(records.end(), events.begin(), events.end());
    records.insert(records.end(), journal.begin(), journal.end());
    for (const auto& bytes : records)
      REQUIRE(wire::read_events(bytes, [&](event read) { again.replay(std::move(read)); }).ok());
    again.finish_recovery(now);
    CHECK(again.views().audit() == std::vector<std::string>{});
    seen.add(std::uint64_t{again.views().size()});
    seen.add(again.next_wakeup().value_or(instant_max));
    for (const auto id : ids)
      if (const auto task = again.views().describe(id, true))
        seen.add(*task);
    seen.add(again.lanes().all());
    for (const auto& [client, sequence] : sequences)
      seen.add(std::uint64_t{again.views().is_duplicate_batch({client}, sequence)});
  }
};

} // namespace

TEST_CASE_METHOD(scripted_ledger, "ten thousand commands give the same journal bytes as ever",
                 "[ledger]") {
  for (int i = 0; i < 10'000; ++i)
    step();
  CHECK(tasks.views().audit() == std::vector<std::string>{});
  recover();
  CHECK(seen.value() == 0x04d71f8caa16125d);
}
