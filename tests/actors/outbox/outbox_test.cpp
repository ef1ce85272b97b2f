#include "outbox/outbox.hpp"

#include "belfry/actors/client_actor.hpp"
#include "belfry/actors/protocol.hpp"

#include "base/local_messages.hpp"
#include "journal/memory_journal.hpp"
#include "shard/journal_keeper.hpp"
#include "support/actor_fixture.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <caf/response_promise.hpp>
#include <catch2/catch.hpp>

#include <deque>
#include <memory>
#include <string>
#include <vector>

using namespace belfry;

namespace {

/// An outbox with a real journal keeper on a disk in memory. Its clients, its router and the shards
/// that it delivers to are the test.
struct outbox_fixture : test::actor_fixture {
  outbox_fixture() {
    for (const auto& peer : {client.actor(), router.actor()})
      adopt(peer);
  }
  ~outbox_fixture() { kill_owned(); }

  void start() {
    keeper =
        adopt(system.spawn(journal_keeper, [disk = disk]() -> result<std::shared_ptr<journal>> {
          return std::shared_ptr<journal>{std::make_shared<memory_journal>(disk)};
        }));
    outbox_options options;
    options.time = time;
    options.limits = limits;
    options.start_client = [this](caf::actor_system& host, const caf::actor&) {
      return deliverer = adopt(host.spawn([this](caf::event_based_actor* self) -> caf::behavior {
               return {[this, self](submit_atom, const task_spec& task) {
                         delivered.push_back(task);
                         promises.push_back(self->make_response_promise());
                       },
                       [this](caf::ok_atom) {
                         promises.front().deliver(submitted{.id = {1}});
                         promises.pop_front();
                       },
                       [this](errc code) {
                         promises.front().deliver(to_error({code, "no"}));
                         promises.pop_front();
                       }};
             }));
    };
    subject = adopt(system.spawn(outbox, options));
    caf::anon_send(subject, child_started{"outbox_keeper", 0, keeper});
    caf::anon_send(subject, child_started{"router", 0, router.actor()});
    run();
  }

  /// The process ends, and what was not synced is lost.
  void crash() {
    promises.clear();
    for (const auto& ended : {subject, deliverer, keeper})
      caf::anon_send_exit(ended, caf::exit_reason::kill);
    run();
    disk->crash(crash_mode::drop, 1);
    delivered.clear();
    start();
  }

  static task_spec task(const std::string& key, duration delay = duration{0}) {
    task_spec task;
    task.kind = "wash";
    task.queue = "mail";
    task.key = key;
    task.delay = delay;
    return task;
  }
  void defer(std::uint64_t sequence, const std::vector<task_spec>& tasks) {
    wire::Submit batch;
    batch.set_client(7);
    batch.set_sequence(sequence);
    batch.set_shard(3);
    for (const auto& task : tasks)
      wire::write(task, *batch.add_tasks());
    caf::send_as(client.actor(), subject, defer_atom::value, envelope{wire::seal(batch), 3});
    run();
  }
  void tell_queues(const std::set<std::string>& queues) {
    caf::anon_send(subject, outbox_queues{queues});
    run();
  }
  std::vector<wire::Submitted> answers() {
    std::vector<wire::Submitted> all;
    for (const auto& message : client.all<submitted_atom, envelope>())
      REQUIRE(wire::open(message.template get_as<envelope>(1).bytes, all.emplace_back()));
    return all;
  }
  /// The shard accepts, or refuses, the delivery that has waited longest.
  void accept() {
    caf::anon_send(deliverer, caf::ok_atom::value);
    run();
  }
  void refuse(errc code) {
    caf::anon_send(deliverer, code);
    run();
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> all;
    for (const auto& task : delivered)
      all.push_back(task.key);
    return all;
  }
  outbox_updated last_update() {
    const auto updates = router.all<outbox_updated>();
    REQUIRE_FALSE(updates.empty());
    return updates.back().get_as<outbox_updated>(0);
  }
  bool is_alive() {
    return !caf::actor_cast<caf::abstract_actor*>(subject)->getf(
        caf::abstract_actor::is_cleaned_up_flag);
  }

  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  outbox_limits limits;
  std::vector<task_spec> delivered;
  std::deque<caf::response_promise> promises;
  test::probe client{system};
  test::probe router{system};
  caf::actor keeper;
  caf::actor deliverer;
  caf::actor subject;
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(outbox_fixture, "an outbox delivers the batches that it acknowledges",
                 "[outbox]") {
  start();
  defer(1, {task("a"), task("b")});
  REQUIRE(answers().size() == 1);
  const auto answer = answers()[0];
  CHECK(answer.client() == 7);
  CHECK(answer.sequence() == 1);
  CHECK(answer.shard() == 3);
  REQUIRE(answer.outcomes_size() == 2);
  CHECK(answer.outcomes(0).is_deferred());
  CHECK(answer.outcomes(1).key() == "b");
  CHECK(keys() == strings{"a", "b"});
  CHECK(last_update().tasks == 2);

  accept();
  accept();
  CHECK(last_update().tasks == 0);
}

TEST_CASE_METHOD(outbox_fixture, "the batches of an outbox survive a crash", "[outbox]") {
  start();
  defer(1, {task("a")});
  defer(2, {task("b")});
  accept();
  defer(3, {task("c")});
  crash();
  CHECK(keys() == strings{"b", "c"}); // The delivery of a was written with c.
  accept();
  accept();
  CHECK(last_update().tasks == 0);
}

TEST_CASE_METHOD(outbox_fixture, "an outbox acknowledges only batches on stable storage",
                 "[outbox]") {
  start();
  disk->fail_next_sync();
  defer(1, {task("a")});
  CHECK(answers().empty());
  CHECK_FALSE(is_alive());
}

TEST_CASE_METHOD(outbox_fixture, "a delay counts from the acceptance by the outbox", "[outbox]") {
  start();
  defer(1, {task("a", duration{5'000})});
  REQUIRE(delivered.size() == 1);
  CHECK(delivered[0].due == time->now() + duration{5'000});
  CHECK(delivered[0].delay == duration{0});
}

TEST_CASE_METHOD(outbox_fixture, "a batch that is deferred twice is accepted once", "[outbox]") {
  start();
  defer(1, {task("a")});
  defer(1, {task("a")});
  CHECK(answers().size() == 2);
  CHECK(keys() == strings{"a"});
}

TEST_CASE_METHOD(outbox_fixture, "an outbox refuses tasks that their shard would refuse",
                 "[outbox]") {
  start();
  auto invalid = task("a");
  invalid.priority = 1'000;
  defer(1, {invalid, task(""), task("b")});
  REQUIRE(answers().size() == 1);
  const auto outcomes = answers()[0].outcomes();
  CHECK(outcomes[0].failure().what().find("priority") != std::string::npos);
  CHECK(outcomes[1].failure().what().find("key") != std::string::npos);
  CHECK(outcomes[2].is_deferred());
  CHECK(keys() == strings{"b"});
}

TEST_CASE_METHOD(outbox_fixture, "a full outbox accepts nothing until it has delivered",
                 "[outbox]") {
  limits.bytes_max = 10;
  start();
  defer(1, {task("a")});
  defer(2, {task("b")});
  CHECK(answers().size() == 1);
  accept();
  defer(2, {task("b")});
  CHECK(answers().size() == 2);
}

TEST_CASE_METHOD(outbox_fixture, "a delivery that fails temporarily is retried", "[outbox]") {
  start();
  defer(1, {task("a")});
  refuse(errc::unavailable);
  CHECK(last_update().tasks == 1);
  advance(duration{1'000});
  CHECK(keys() == strings{"a", "a"});
  refuse(errc::invalid_argument);
  CHECK(last_update().tasks == 0); // The shard would refuse it every time.
}

TEST_CASE_METHOD(outbox_fixture, "an outbox remembers which queues accept anywhere", "[outbox]") {
  start();
  CHECK(last_update().queues.empty());
  tell_queues({"mail"});
  CHECK(last_update().queues == std::set<std::string>{"mail"});
  defer(1, {task("a")}); // With a sync.
  crash();
  CHECK(last_update().queues == std::set<std::string>{"mail"});
}

TEST_CASE_METHOD(outbox_fixture, "an outbox's journal stays short", "[outbox]") {
  limits.journal_bytes_max = 1'000;
  start();
  tell_queues({"mail"});
  for (std::uint64_t sequence = 1; sequence <= 200; ++sequence) {
    defer(sequence, {task("k" + std::to_string(sequence))});
    accept();
  }
  memory_journal reader{disk};
  std::size_t bytes = 0;
  std::uint64_t position = 0;
  REQUIRE(reader.snapshot_position({0}, position).ok());
  REQUIRE(reader
              .read({0}, position,
                    [&](const stored_batch& batch) {
                      bytes += batch.bytes.size();
                      return true;
                    })
              .ok());
  CHECK(position > 100);
  CHECK(bytes < 4'000);
  defer(201, {task("last")});
  crash();
  CHECK(keys().back() == "last");
  CHECK(last_update().queues == std::set<std::string>{"mail"});
}

TEST_CASE_METHOD(outbox_fixture, "an outbox ends with its client", "[outbox]") {
  start();
  caf::anon_send_exit(deliverer, caf::exit_reason::kill);
  run();
  CHECK_FALSE(is_alive());
}
