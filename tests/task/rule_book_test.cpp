#include "task/rule_book.hpp"

#include "belfry/contract.hpp"
#include "random/prng.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace belfry;

namespace {

task_rules rules(std::uint32_t kind, duration timeout = duration{0}) {
  task_rules made;
  made.kind = kind;
  made.timeout = timeout;
  return made;
}

} // namespace

TEST_CASE("rules are kept once for all tasks that share them", "[rules]") {
  rule_book book;
  const auto first = book.acquire(rules(1));
  CHECK(book.acquire(rules(2)) != first);
  CHECK(book.acquire(rules(1)) == first);
  CHECK(book[first] == rules(1));
  CHECK(book.size() == 2);
}

TEST_CASE("rules that differ in any member are different rules", "[rules]") {
  rule_book book;
  const task_rules usual;
  std::vector<task_rules> all(9, usual);
  all[1].queue = 1;
  all[2].kind = 1;
  all[3].priority = 1;
  all[4].level = durability::in_memory;
  all[5].timeout = duration{1};
  all[6].retention = duration{1};
  all[7].retry.delay_min = duration{1};
  all[8].retry.rules.emplace_back();
  for (const auto& distinct : all)
    CHECK(book[book.acquire(distinct)] == distinct);
  CHECK(book.size() == all.size());
}

TEST_CASE("rules without tasks are forgotten", "[rules]") {
  rule_book book;
  const auto first = book.acquire(rules(1));
  CHECK(book.acquire(rules(1)) == first);
  CHECK(book.use_count(first) == 2);
  book.release(first);
  CHECK(book.size() == 1);
  book.release(first);
  CHECK(book.size() == 0);
  CHECK_THROWS_AS(book.release(first), contract_violation);
  CHECK(book[book.acquire(rules(2))] == rules(2));
  CHECK(book.size() == 1);
}

TEST_CASE("the book holds the rules of its tasks and no others", "[rules]") {
  prng random{1};
  rule_book book;
  std::map<std::uint32_t, std::pair<task_rules, int>> known;
  for (int i = 0; i < 20'000; ++i) {
    if (random.chance(50)) {
      const auto wanted = rules(static_cast<std::uint32_t>(random.below(3)),
                                duration{static_cast<std::int64_t>(random.below(40))});
      auto& [held, users] = known[book.acquire(wanted)];
      CHECK((users == 0 || held == wanted));
      held = wanted;
      ++users;
    } else if (!known.empty()) {
      auto found = known.lower_bound(static_cast<std::uint32_t>(random.below(120)));
      if (found == known.end())
        continue;
      book.release(found->first);
      if (--found->second.second == 0)
        known.erase(found);
    }
    for (const auto& [number, use] : known)
      if (!(book[number] == use.first))
        FAIL("the rules of number " << number << " have changed");
    CHECK(book.size() == known.size());
  }
}
