#include "outbox/outbox_backlog.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace belfry;

namespace {

outbox_backlog::batch batch_of(std::uint64_t sequence, const std::vector<std::string>& keys) {
  outbox_backlog::batch made{{7}, 3, sequence, {}};
  for (const auto& key : keys) {
    task_spec task;
    task.kind = "wash";
    task.key = key;
    task.payload = "shirts";
    made.tasks.push_back(task);
  }
  return made;
}

std::vector<std::string> keys_of(const outbox_backlog& book) {
  std::vector<std::string> keys;
  for (const auto& [number, batch] : book.waiting())
    for (const auto& task : batch.tasks)
      keys.push_back(task.key);
  return keys;
}

} // namespace

TEST_CASE("an outbox's book holds what was added and not removed", "[outbox]") {
  outbox_backlog book;
  CHECK_FALSE(book.is_dirty());
  const auto first = book.add(batch_of(1, {"a", "b"}));
  const auto second = book.add(batch_of(2, {"c"}));
  CHECK(first < second);
  CHECK(book.tasks() == 3);
  CHECK(book.bytes() > 18);
  CHECK(book.contains(batch_of(1, {})));
  CHECK_FALSE(book.contains(batch_of(3, {})));

  book.remove(first);
  book.remove(first);
  CHECK(keys_of(book) == std::vector<std::string>{"c"});
  CHECK_FALSE(book.contains(batch_of(1, {})));
  book.remove(second);
  CHECK(book.tasks() == 0);
  CHECK(book.bytes() == 0);
}

TEST_CASE("an outbox's records say again what waits", "[outbox]") {
  outbox_backlog book;
  std::vector<std::string> records;
  const auto write = [&] { records.push_back(book.take_record(records.size() + 1)); };
  const auto first = book.add(batch_of(1, {"a"}));
  book.set_queues({"mail"});
  write();
  book.add(batch_of(2, {"b"}));
  book.remove(first);
  write();
  const auto third = book.add(batch_of(3, {"c"}));
  book.remove(third); // Before it was written.
  write();
  CHECK_FALSE(book.is_dirty());

  outbox_backlog again;
  std::uint64_t position = 0;
  for (const auto& record : records)
    REQUIRE(again.replay(record, ++position));
  CHECK(keys_of(again) == std::vector<std::string>{"b"});
  CHECK(again.queues() == std::set<std::string>{"mail"});
  CHECK(again.waiting().begin()->second.tasks == batch_of(2, {"b"}).tasks);
  CHECK(again.contains(batch_of(2, {})));
  CHECK(again.add(batch_of(4, {"d"})) > third);
}

TEST_CASE("an outbox's journal is needed from its oldest batch on", "[outbox]") {
  outbox_backlog book;
  CHECK(book.first_needed_position(1) == 1);
  const auto first = book.add(batch_of(1, {"a"}));
  (void)book.take_record(1);
  const auto second = book.add(batch_of(2, {"b"}));
  (void)book.take_record(2);
  CHECK(book.first_needed_position(3) == 1);
  book.remove(first);
  CHECK(book.first_needed_position(3) == 2);
  book.remove(second);
  CHECK(book.first_needed_position(3) == 3);
}

TEST_CASE("queues that stay the same need not be written", "[outbox]") {
  outbox_backlog book;
  book.set_queues({"mail"});
  CHECK(book.is_dirty());
  (void)book.take_record(1);
  book.set_queues({"mail"});
  CHECK_FALSE(book.is_dirty());
}

TEST_CASE("a record that is no record is refused", "[outbox]") {
  outbox_backlog book;
  CHECK_FALSE(book.replay("\xff\xff\xff", 1));
}
