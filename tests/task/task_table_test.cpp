#include "task/task_table.hpp"

#include "belfry/contract.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

using namespace belfry;

namespace {

struct task_table_fixture {
  static constexpr std::uint64_t page = task_table::page_size;
  /// As far as the serials of two epochs may be apart: pages for all between would not fit.
  static constexpr std::uint64_t far = std::uint64_t{1} << 44;

  task_table tasks;

  void add_all(const std::vector<std::uint64_t>& serials) {
    for (const auto serial : serials)
      tasks.add(serial).id = task_id::of({1}, serial);
  }
  [[nodiscard]] std::vector<std::uint64_t> walk(std::uint64_t after = 0) const {
    std::vector<std::uint64_t> serials;
    for (const auto* record = tasks.next_after(after); record;
         record = tasks.next_after(record->id.serial()))
      serials.push_back(record->id.serial());
    return serials;
  }
};

} // namespace

TEST_CASE_METHOD(task_table_fixture,
                 "tasks on both sides of a large gap are found and walked in order",
                 "[task_table]") {
  const std::vector<std::uint64_t> serials{1, 2, 3 * page, far, far + 2, 2 * far + 5};
  add_all(serials);

  CHECK(tasks.size() == serials.size());
  CHECK(walk() == serials);
  CHECK(walk(3 * page) == std::vector<std::uint64_t>{far, far + 2, 2 * far + 5});
  CHECK(walk(far + 1) == std::vector<std::uint64_t>{far + 2, 2 * far + 5});
  for (const auto serial : serials) {
    REQUIRE(tasks.find(serial));
    CHECK(tasks.find(serial)->id.serial() == serial);
  }
  for (const auto serial : {std::uint64_t{3}, 4 * page, far - 1, far + 3 * page, 3 * far})
    CHECK(tasks.find(serial) == nullptr);
  CHECK(tasks.pages() == std::vector<std::uint64_t>{0, 3, far / page, (2 * far + 5) / page});
}

TEST_CASE_METHOD(task_table_fixture, "tasks before a gap are removed in any order",
                 "[task_table]") {
  add_all({1, 5 * page, far, far + 1, 2 * far});

  tasks.remove(far + 1);
  tasks.remove(5 * page);
  CHECK(walk() == std::vector<std::uint64_t>{1, far, 2 * far});
  tasks.remove(far);
  CHECK(walk() == std::vector<std::uint64_t>{1, 2 * far});
  tasks.remove(2 * far);
  tasks.remove(1);
  CHECK(tasks.size() == 0);
  CHECK(tasks.pages().empty());

  add_all({2 * far + 1});
  CHECK(walk() == std::vector<std::uint64_t>{2 * far + 1});
}

TEST_CASE_METHOD(task_table_fixture,
                 "pages on both sides of a gap are written to snapshots when they change",
                 "[task_table]") {
  add_all({1, 2, far});
  CHECK(tasks.dirty_size() == 3);

  tasks.mark_clean(0);
  CHECK_FALSE(tasks.is_dirty(0));
  CHECK(tasks.is_dirty(far / page));
  CHECK(tasks.dirty_size() == 1);
  tasks.mark_dirty(2);
  CHECK(tasks.is_dirty(0));
  CHECK(tasks.dirty_size() == 3);
}

TEST_CASE_METHOD(task_table_fixture, "serials do not go back behind a gap", "[task_table]") {
  add_all({5 * page, far});
  CHECK_THROWS_AS(tasks.add(7 * page), contract_violation);
  tasks.remove(far);
  CHECK_THROWS_AS(tasks.add(5 * page + 1), contract_violation);
}
