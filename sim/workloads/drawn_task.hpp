#pragma once

#include "observation/task_scripts.hpp"
#include "random/prng.hpp"
#include "scenario/sim_client.hpp"

#include <string>
#include <vector>

namespace belfry::sim {

class cluster;

/// A task that a workload submits, and the script of its handler.
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
/// Draws a duration below `max`, in whole milliseconds.
[[nodiscard]] duration draw_delay(prng& random, duration max);

/// Submits `task`; `on_accepted` gets its id when it is accepted.
void submit(cluster& target, const drawn_task& task, sim_client::accept_callback on_accepted = {});

} // namespace belfry::sim
