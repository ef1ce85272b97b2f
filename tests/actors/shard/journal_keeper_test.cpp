#include "shard/journal_keeper.hpp"

#include "base/local_messages.hpp"
#include "support/actor_fixture.hpp"
#include "support/captured_log.hpp"

#include "journal/memory_disk.hpp"
#include "journal/memory_journal.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace belfry;
using namespace std::chrono_literals;

namespace {

/// The keeper of a journal in memory; the test is a shard, the router and the disk.
struct keeper_fixture : test::actor_fixture {
  static constexpr shard_id shard_number{2};

  keeper_fixture() {
    adopt(shard.actor());
    adopt(router.actor());
    subject->attach_functor([this](const caf::error&) { has_ended = true; });
    tell(child_started{"router", 0, router.actor()});
    tell(acquire_shard{shard_number});
    ownership = shard.all<shard_acquired>().back().get_as<shard_acquired>(0).ownership;
    router.received().clear();
  }
  ~keeper_fixture() { kill_owned(); }

  template <class Message>
  void tell(Message message) {
    caf::send_as(shard.actor(), subject, std::move(message));
    run();
  }
  /// Writes one event; the answer.
  batch_written write() {
    tell(write_batch{{shard_number, ownership.epoch, ownership.head, 1, "event"},
                     durability::durable});
    auto answer = shard.all<batch_written>().back().get_as<batch_written>(0);
    if (answer.outcome.ok())
      ++ownership.head;
    return answer;
  }
  /// What the router has been told since the last call.
  std::vector<std::string> troubles() {
    std::vector<std::string> told;
    for (const auto& message : router.all<storage_updated>())
      told.push_back(message.get_as<storage_updated>(0).trouble);
    router.received().clear();
    return told;
  }

  test::captured_log log;
  std::shared_ptr<memory_disk> disk = std::make_shared<memory_disk>();
  test::probe shard{system};
  test::probe router{system};
  shard_ownership ownership;
  bool has_ended = false;
  caf::actor subject =
      adopt(system.spawn(journal_keeper, [disk = disk]() -> result<std::shared_ptr<journal>> {
        return std::shared_ptr<journal>{std::make_shared<memory_journal>(disk)};
      }));
};

using texts = std::vector<std::string>;

const std::string nearly_full = "the disk is nearly full: new tasks are refused";

} // namespace

TEST_CASE_METHOD(keeper_fixture, "the router learns that the disk is full, and that it is not",
                 "[keeper]") {
  CHECK(write().outcome.ok());
  CHECK(troubles().empty());
  disk->set_full(true);
  for (int i = 0; i < 3; ++i)
    CHECK(write().outcome.code == storage_code::no_space);
  CHECK(troubles() == texts{"memory disk: full"});
  disk->set_full(false);
  CHECK(write().outcome.ok());
  CHECK(troubles().back().empty());
  CHECK(log.text() == "journal.full reason=\"memory disk: full\"\njournal.available\n");
}

TEST_CASE_METHOD(keeper_fixture, "an idle node notices that its disk has space again", "[keeper]") {
  disk->set_nearly_full(true);
  CHECK(write().has_space == false);
  CHECK(troubles() == texts{nearly_full});
  advance(3s);
  CHECK(troubles().empty());
  disk->set_nearly_full(false);
  advance(1s);
  CHECK(troubles() == texts{""});
  CHECK(log.lines() == 2);
  advance(10s);
  CHECK(log.lines() == 2);
}

TEST_CASE_METHOD(keeper_fixture, "an idle node whose disk is short notices that its journal failed",
                 "[keeper]") {
  disk->set_nearly_full(true);
  tell(check_space{});
  CHECK_FALSE(has_ended);
  disk->crash(crash_mode::drop);
  advance(1s);
  CHECK(has_ended);
  CHECK(log.text().find("journal.failed reason=") != std::string::npos);
}

TEST_CASE_METHOD(keeper_fixture, "a router that starts later learns the present trouble",
                 "[keeper]") {
  disk->set_nearly_full(true);
  tell(check_space{});
  CHECK(troubles() == texts{nearly_full});
  tell(child_started{"router", 0, router.actor()});
  CHECK(troubles() == texts{nearly_full});
}

TEST_CASE_METHOD(keeper_fixture, "a failed journal is logged once and ends its keeper",
                 "[keeper]") {
  tell(acquire_shard{{3}});
  const auto other = shard.all<shard_acquired>().back().get_as<shard_acquired>(0).ownership;
  disk->fail_next_sync();
  for (const auto& batch : {append_batch{shard_number, ownership.epoch, ownership.head, 1, "event"},
                            append_batch{{3}, other.epoch, other.head, 1, "event"}})
    caf::send_as(shard.actor(), subject, write_batch{batch, durability::durable});
  run();
  CHECK(has_ended);
  CHECK(shard.all<batch_written>().size() == 2);
  CHECK(log.text().find("journal.failed reason=") == 0);
  CHECK(log.lines() == 1);
}

TEST_CASE_METHOD(keeper_fixture, "the keeper says how long writes take, and what is wrong",
                 "[keeper]") {
  CHECK(write().outcome.ok());
  disk->set_full(true);
  write();
  tell(collect_metrics{.number = 3});

  const auto said = shard.all<journal_collected>();
  REQUIRE(said.size() == 1);
  const auto& answer = said[0].get_as<journal_collected>(0);
  CHECK(answer.number == 3);
  CHECK(answer.metrics.write_time.total() == 2);
  CHECK(answer.metrics.sync_time.total() >= 1);
  CHECK(answer.metrics.batches == 2);
  CHECK(answer.metrics.bytes == 10);
  CHECK(answer.metrics.trouble == "memory disk: full");
}
