#pragma once

#include "observation/task_scripts.hpp"
#include "random/prng.hpp"
#include "scenario/sim_client.hpp"

#include <string>
#include <vector>

namespace belfry::sim {

class cluster;

/// A task as a workload wants it, and how its handler will behave.
struct drawn_task {
  task_spec spec; ///< without payload
  task_script script;
};

/// The kinds of all drawn tasks.
[[nodiscard]] const std::vector<std::string>& drawn_kinds();
/// The queues that many tasks share.
[[nodiscard]] const std::vector<std::string>& drawn_queues();
[[nodiscard]] std::string draw_queue(prng& random);
/// A short task that is due at once and succeeds.
[[nodiscard]] drawn_task draw_plain_task(prng& random);
/// A length of time in milliseconds, up to `max`.
[[nodiscard]] duration draw_delay(prng& random, duration max);

/// Submits it; `then` gets its id when it was accepted.
void submit(cluster& target, const drawn_task& one, sim_client::accepted then = {});

} // namespace belfry::sim
