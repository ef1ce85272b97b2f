#include "cli/text/task_order.hpp"
#include "cli/text/text_format.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::shell;

namespace {

/// Tasks with these numbers, due and settled; 0: not settled.
std::vector<task_info> three_tasks() {
  std::vector<task_info> tasks(3);
  tasks[0].id = task_id::of({0}, 1);
  tasks[0].due = instant_of_ms(300);
  tasks[0].settled_at = instant_of_ms(10);
  tasks[1].id = task_id::of({0}, 2);
  tasks[1].due = instant_of_ms(100);
  tasks[2].id = task_id::of({1}, 1);
  tasks[2].due = instant_of_ms(300);
  tasks[2].settled_at = instant_of_ms(20);
  return tasks;
}

std::string sorted(const std::string& order) {
  auto tasks = three_tasks();
  sort_tasks(tasks, *parse_task_order(order));
  std::string ids;
  for (const auto& task : tasks)
    ids += to_string(task.id) + " ";
  return ids;
}

} // namespace

TEST_CASE("tasks are sorted by a key, up or down", "[cli]") {
  CHECK(sorted("id") == "0-1 0-2 1-1 ");
  CHECK(sorted("-id") == "1-1 0-2 0-1 ");
  CHECK(sorted("due") == "0-2 0-1 1-1 ");
  CHECK(sorted("-due") == "0-1 1-1 0-2 ");
}

TEST_CASE("tasks without the time come last in both orders", "[cli]") {
  CHECK(sorted("settled") == "0-1 1-1 0-2 ");
  CHECK(sorted("-settled") == "1-1 0-1 0-2 ");
}

TEST_CASE("an order that does not exist is none", "[cli]") {
  for (const auto* text : {"", "-", "name", "--id", "ID"})
    CHECK_FALSE(parse_task_order(text).has_value());
}

TEST_CASE("great numbers have separators", "[cli]") {
  CHECK(format_number(0) == "0");
  CHECK(format_number(999) == "999");
  CHECK(format_number(1'000) == "1,000");
  CHECK(format_number(1'234'567) == "1,234,567");
}

TEST_CASE("a time in a table is absolute, or a distance from now", "[cli]") {
  program belfry;
  CHECK(format_time_cell(belfry, instant_of_ms(0)) == "1970-01-01 00:00:00 +00:00");
  belfry.style.is_relative = true;
  CHECK_THAT(format_time_cell(belfry, instant_of_ms(0)), Catch::EndsWith(" ago"));
}
