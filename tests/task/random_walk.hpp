#pragma once

#include "ledger_fixture.hpp"

#include "random/prng.hpp"

namespace belfry {

/// Random commands of clients and workers, and steps of time.
struct random_walk : ledger_fixture {
  void step(prng& random, std::vector<task_id>& ids) {
    using verdict = run_outcome::verdict;
    const auto action = random.below(10);
    if (action < 4) {
      auto task = spec(random.chance(50) ? "wash" : "bake", duration{random.below(20'000)});
      if (random.chance(20))
        task.key = "key-" + std::to_string(random.below(1000));
      if (random.chance(10))
        task.start_by = now + task.delay + duration{random.below(3000)};
      if (random.chance(10))
        task.complete_by = task.start_by.value_or(now + task.delay) + duration{random.below(9000)};
      ids.push_back(submit(task).id);
    } else if (action < 6) {
      const auto run = start(random.chance(50) ? ann : bob, random.chance(50) ? "wash" : "bake");
      if (random.chance(30))
        begin(run);
      if (run.token.value != 0 && random.chance(70))
        finish(run, static_cast<verdict>(random.below(4)));
    } else if (action == 6 && !ids.empty()) {
      (void)tasks.cancel(ids[random.below(ids.size())], now);
    } else {
      advance_time(duration{random.below(2000)});
    }
  }
};

} // namespace belfry
