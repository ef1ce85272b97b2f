#include "base/batch_writer.hpp"

#include "support/actor_fixture.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace belfry;

namespace {

using perform_atom = caf::atom_constant<caf::atom("perform")>;

/// A batch writer whose owner passes on its messages; the test is the journal keeper.
struct writer_fixture : test::actor_fixture {
  writer_fixture() {
    adopt(keeper.actor());
    owner = adopt(system.spawn([this](caf::event_based_actor* self) -> caf::behavior {
      writer.emplace(self, shard_id{2});
      return {[this](flush_atom) {
                writer->begin_flush();
                ++flushes;
              },
              [this](retry_write_atom) { writer->retry(); }, [this](perform_atom) { action(); }};
    }));
    run();
    writer->open(keeper.actor(), {.epoch = 4, .head = 10});
  }
  ~writer_fixture() { kill_owned(); }

  /// The owner does that, as only it may use the writer.
  void perform(std::function<void()> done) {
    action = std::move(done);
    caf::anon_send(owner, perform_atom::value);
    run();
  }
  void request_flush() {
    perform([this] { writer->request_flush(); });
  }
  /// `callbacks` logs `name` when what has gathered is durable.
  void note_when_durable(const std::string& name) {
    writer->on_durable([this, name] { callbacks.push_back(name); });
  }
  void write(std::uint32_t count, const std::string& bytes,
             durability level = durability::durable) {
    perform([&] { writer->write(count, bytes, level); });
  }
  batch_writer::progress settle(storage_code code, bool has_space = true) {
    batch_written answer{
        .outcome = {code, "as the test says"}, .has_space = has_space, .refused = {}};
    if (code == storage_code::no_space || code == storage_code::unavailable)
      answer.refused = requests().back().batch;
    auto progress = batch_writer::progress::waiting;
    perform([&] { progress = writer->settle(answer); });
    return progress;
  }
  /// The refused batch is sent again after exactly `pause`.
  void advance_to_retry(duration pause) {
    const auto sent = requests().size();
    advance(pause - duration{10});
    CHECK(requests().size() == sent);
    advance(duration{10});
    CHECK(requests().size() == sent + 1);
  }
  [[nodiscard]] std::vector<write_batch> requests() const {
    std::vector<write_batch> found;
    for (const auto& message : keeper.all<write_batch>())
      found.push_back(message.get_as<write_batch>(0));
    return found;
  }

  test::probe keeper{system};
  caf::actor owner;
  std::optional<batch_writer> writer;
  std::function<void()> action;
  std::vector<std::string> callbacks;
  int flushes = 0;
};

using names = std::vector<std::string>;
using progress = batch_writer::progress;

} // namespace

TEST_CASE_METHOD(writer_fixture, "a batch begins at the head and carries epoch and level",
                 "[batch_writer]") {
  write(3, "abc", durability::relaxed);
  REQUIRE(requests().size() == 1);
  const auto request = requests()[0];
  CHECK(request.level == durability::relaxed);
  CHECK(request.batch.shard == shard_id{2});
  CHECK(request.batch.epoch == 4);
  CHECK(request.batch.first == 10);
  CHECK(request.batch.count == 3);
  CHECK(request.batch.bytes == "abc");
  CHECK(writer->is_in_flight());

  CHECK(settle(storage_code::ok) == progress::written);
  CHECK_FALSE(writer->is_in_flight());
  CHECK(writer->head() == 13);
  write(1, "d");
  CHECK(requests()[1].batch.first == 13);
}

TEST_CASE_METHOD(writer_fixture, "callbacks run in order once their own batch is durable",
                 "[batch_writer]") {
  note_when_durable("a");
  note_when_durable("b");
  write(1, "x");
  CHECK_FALSE(writer->has_callbacks());
  note_when_durable("c");
  CHECK(writer->has_callbacks());
  CHECK(callbacks.empty());
  CHECK(settle(storage_code::ok) == progress::written);
  CHECK(callbacks == names{"a", "b"});
  write(1, "y");
  CHECK(settle(storage_code::ok) == progress::written);
  CHECK(callbacks == names{"a", "b", "c"});
}

TEST_CASE_METHOD(writer_fixture, "a callback may ask for the next flush", "[batch_writer]") {
  writer->on_durable([this] {
    note_when_durable("next");
    writer->request_flush();
  });
  write(1, "x");
  CHECK(settle(storage_code::ok) == progress::written);
  CHECK(flushes == 1);
  CHECK(callbacks.empty());
}

TEST_CASE_METHOD(writer_fixture, "callbacks run without a write when nothing has to be written",
                 "[batch_writer]") {
  note_when_durable("a");
  writer->skip_write();
  CHECK(callbacks == names{"a"});
  CHECK(requests().empty());
  CHECK(writer->head() == 10);
}

TEST_CASE_METHOD(writer_fixture, "one flush is scheduled, and none while a batch is in flight",
                 "[batch_writer]") {
  perform([this] {
    writer->request_flush();
    writer->request_flush();
  });
  CHECK(flushes == 1);
  request_flush();
  CHECK(flushes == 2);
  write(1, "x");
  request_flush();
  CHECK(flushes == 2);
}

TEST_CASE_METHOD(writer_fixture, "a batch that the storage refuses is sent again unchanged",
                 "[batch_writer]") {
  const auto code = GENERATE(storage_code::no_space, storage_code::unavailable);
  note_when_durable("a");
  write(2, "xy", durability::relaxed);
  for (std::size_t attempt = 1; attempt <= 3; ++attempt) {
    REQUIRE(requests().size() == attempt);
    CHECK(settle(code, false) == progress::waiting);
    CHECK(writer->is_in_flight());
    CHECK_FALSE(writer->has_space());
    CHECK(callbacks.empty());
    advance_to_retry(code == storage_code::no_space ? duration{100 << attempt} : duration{200});
  }
  const auto again = requests().back();
  CHECK(again.level == durability::durable);
  CHECK(again.batch.first == 10);
  CHECK(again.batch.count == 2);
  CHECK(again.batch.bytes == "xy");

  CHECK(settle(storage_code::ok) == progress::written);
  CHECK(writer->has_space());
  CHECK(writer->head() == 12);
  CHECK(callbacks == names{"a"});
}

TEST_CASE_METHOD(writer_fixture,
                 "a full storage is asked after growing pauses of at most 3 s, until a write",
                 "[batch_writer]") {
  write(1, "x");
  for (const int pause : {200, 400, 800, 1'600, 3'000, 3'000}) {
    CHECK(settle(storage_code::no_space) == progress::waiting);
    advance_to_retry(duration{pause});
  }
  CHECK(settle(storage_code::unavailable) == progress::waiting); // A server took over.
  advance_to_retry(duration{200});
  CHECK(settle(storage_code::ok) == progress::written);

  write(1, "y");
  CHECK(settle(storage_code::no_space) == progress::waiting);
  advance_to_retry(duration{200});
}

TEST_CASE_METHOD(writer_fixture, "after any other error no callback runs and the owner must end",
                 "[batch_writer]") {
  const auto code = GENERATE(storage_code::fenced, storage_code::in_doubt, storage_code::io_error,
                             storage_code::corrupt);
  note_when_durable("a");
  write(1, "x");
  CHECK(settle(code) == progress::failed);
  CHECK(callbacks.empty());
  CHECK(writer->head() == 10);
  advance(duration{1'000});
  CHECK(requests().size() == 1);
}

TEST_CASE_METHOD(writer_fixture, "an owner that fails tells everybody whose event is not durable",
                 "[batch_writer]") {
  const auto note = [this](const std::string& name) {
    writer->on_durable(
        [this, name] { callbacks.push_back(name + " durable"); },
        [this, name](bool is_lost) { callbacks.push_back(name + (is_lost ? " lost" : " waits")); });
  };
  note("written");
  write(1, "x");
  CHECK(settle(storage_code::ok) == progress::written);
  note("in flight");
  write(1, "y");
  note("gathering");
  note_when_durable("without a callback for the loss");

  writer->abandon();
  CHECK(callbacks == names{"written durable", "in flight lost", "gathering lost"});
  writer->abandon();
  CHECK(callbacks.size() == 3);
}

TEST_CASE_METHOD(writer_fixture, "callers learn once that the storage refuses to write",
                 "[batch_writer]") {
  const auto code = GENERATE(storage_code::no_space, storage_code::unavailable);
  const auto note = [this](const std::string& name) {
    writer->on_durable(
        [this, name] { callbacks.push_back(name + " durable"); },
        [this, name](bool is_lost) { callbacks.push_back(name + (is_lost ? " lost" : " waits")); });
  };
  note("a");
  write(1, "x");
  note("b");
  CHECK_FALSE(writer->refusal());
  for (int i = 0; i < 3; ++i) {
    CHECK(settle(code) == progress::waiting);
    advance(duration{200});
  }
  REQUIRE(writer->refusal());
  CHECK(writer->refusal()->code == code);
  note("c");
  CHECK(callbacks == names{"a waits", "b waits", "c waits"});
  callbacks.clear();

  CHECK(settle(storage_code::ok) == progress::written);
  CHECK_FALSE(writer->refusal());
  CHECK(callbacks == names{"a durable"});
  note("d");
  write(1, "y");
  CHECK(settle(storage_code::ok) == progress::written);
  CHECK(callbacks == names{"a durable", "b durable", "c durable", "d durable"});
}

TEST_CASE_METHOD(writer_fixture, "an answer without a batch in flight changes nothing",
                 "[batch_writer]") {
  note_when_durable("a");
  CHECK(settle(storage_code::ok, false) == progress::waiting);
  CHECK(callbacks.empty());
  CHECK(writer->has_space());
  CHECK(writer->head() == 10);
}
