#include "outbox/outbox_backlog.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace belfry;

namespace {

outbox_backlog::batch batch_of(std::uint64_t sequence, const std::vector<std::string>& keys) {
  outbox_backlog::batch batch{.client = {7}, .shard = 3, .sequence = sequence, .tasks = {}};
  for (const auto& key : keys) {
    task_spec task;
    task.kind = "wash";
    task.key = key;
    task.payload = "shirts";
    batch.tasks.push_back(task);
  }
  return batch;
}

std::vector<std::string> keys_of(const outbox_backlog& backlog) {
  std::vector<std::string> keys;
  for (const auto& [number, batch] : backlog.waiting())
    for (const auto& task : batch.tasks)
      keys.push_back(task.key);
  return keys;
}

} // namespace

TEST_CASE("a backlog holds the batches that were added and not removed", "[outbox]") {
  outbox_backlog backlog;
  CHECK_FALSE(backlog.is_dirty());
  const auto first = backlog.add(batch_of(1, {"a", "b"}));
  const auto second = backlog.add(batch_of(2, {"c"}));
  CHECK(first < second);
  CHECK(backlog.tasks() == 3);
  CHECK(backlog.bytes() > 18);
  CHECK(backlog.contains(batch_of(1, {})));
  CHECK_FALSE(backlog.contains(batch_of(3, {})));

  backlog.remove(first);
  backlog.remove(first);
  CHECK(keys_of(backlog) == std::vector<std::string>{"c"});
  CHECK_FALSE(backlog.contains(batch_of(1, {})));
  backlog.remove(second);
  CHECK(backlog.tasks() == 0);
  CHECK(backlog.bytes() == 0);
}

TEST_CASE("replaying its records restores a backlog", "[outbox]") {
  outbox_backlog backlog;
  std::vector<std::string> records;
  const auto write = [&] { records.push_back(backlog.take_pending_record(records.size() + 1)); };
  const auto first = backlog.add(batch_of(1, {"a"}));
  backlog.set_queues({"mail"});
  write();
  backlog.add(batch_of(2, {"b"}));
  backlog.remove(first);
  write();
  const auto third = backlog.add(batch_of(3, {"c"}));
  backlog.remove(third); // Before it was written.
  write();
  CHECK_FALSE(backlog.is_dirty());

  outbox_backlog restored;
  std::uint64_t position = 0;
  for (const auto& record : records)
    REQUIRE(restored.replay(record, ++position));
  CHECK(keys_of(restored) == std::vector<std::string>{"b"});
  CHECK(restored.queues() == std::set<std::string>{"mail"});
  CHECK(restored.waiting().begin()->second.tasks == batch_of(2, {"b"}).tasks);
  CHECK(restored.contains(batch_of(2, {})));
  CHECK(restored.add(batch_of(4, {"d"})) > third);
}

TEST_CASE("the journal is needed from the oldest batch of the backlog on", "[outbox]") {
  outbox_backlog backlog;
  CHECK(backlog.first_needed_position(1) == 1);
  const auto first = backlog.add(batch_of(1, {"a"}));
  (void)backlog.take_pending_record(1);
  const auto second = backlog.add(batch_of(2, {"b"}));
  (void)backlog.take_pending_record(2);
  CHECK(backlog.first_needed_position(3) == 1);
  backlog.remove(first);
  CHECK(backlog.first_needed_position(3) == 2);
  backlog.remove(second);
  CHECK(backlog.first_needed_position(3) == 3);
}

TEST_CASE("unchanged queues need no write", "[outbox]") {
  outbox_backlog backlog;
  backlog.set_queues({"mail"});
  CHECK(backlog.is_dirty());
  (void)backlog.take_pending_record(1);
  backlog.set_queues({"mail"});
  CHECK_FALSE(backlog.is_dirty());
}

TEST_CASE("a malformed record is refused", "[outbox]") {
  outbox_backlog backlog;
  CHECK_FALSE(backlog.replay("\xff\xff\xff", 1));
}
