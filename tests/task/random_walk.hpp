#pragma once

#include "ledger_fixture.hpp"

#include "random/prng.hpp"

namespace belfry {

/// Does to a ledger what clients, workers and time do, in any order.
struct random_walk : ledger_fixture {
  void act(prng& random, std::vector<task_id>& ids) {
    using verdict = run_outcome::verdict;
    const auto action = random.below(10);
    if (action < 4) {
      auto one = spec(random.chance(50) ? "wash" : "bake", duration{random.below(20'000)});
      if (random.chance(20))
        one.key = "key-" + std::to_string(random.below(1000));
      if (random.chance(10))
        one.start_by = now + one.delay + duration{random.below(3000)};
      ids.push_back(submit(one).id);
    } else if (action < 6) {
      const auto run = start(random.chance(50) ? ann : bob, random.chance(50) ? "wash" : "bake");
      if (run.token.value != 0 && random.chance(70))
        end(run, static_cast<verdict>(random.below(4)));
    } else if (action == 6 && !ids.empty()) {
      (void)tasks.cancel(ids[random.below(ids.size())], now);
    } else {
      pass(duration{random.below(2000)});
    }
  }
};

} // namespace belfry
