#include "workloads/workload.hpp"

#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"

namespace belfry::sim {

std::vector<std::unique_ptr<workload>> all_workloads() {
  std::vector<std::unique_ptr<workload>> all;
  all.push_back(steady());
  all.push_back(bursts());
  all.push_back(long_and_short());
  all.push_back(failing());
  all.push_back(cancel_storms());
  all.push_back(duplicate_submissions());
  all.push_back(pauses());
  all.push_back(tenants());
  all.push_back(thundering_herd());
  all.push_back(schedules());
  all.push_back(accept_anywhere());
  all.push_back(spike());
  all.push_back(changes());
  all.push_back(schedule_changes());
  return all;
}

const std::vector<std::string>& drawn_kinds() {
  static const std::vector<std::string> kinds{"resize", "send", "sum"};
  return kinds;
}

const std::vector<std::string>& drawn_queues() {
  static const std::vector<std::string> queues{"default", "mail", "reports"};
  return queues;
}

std::string draw_queue(prng& random) {
  return drawn_queues()[random.below(drawn_queues().size())];
}

duration draw_delay(prng& random, duration max) {
  return duration{static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(max.count())))};
}

drawn_task draw_plain_task(prng& random) {
  constexpr duration span_max{400};
  constexpr duration pause_max{1'000};
  drawn_task task;
  task.script.span = duration{1} + draw_delay(random, span_max);
  auto& spec = task.spec;
  spec.kind = drawn_kinds()[random.below(drawn_kinds().size())];
  spec.queue = draw_queue(random);
  spec.priority = static_cast<std::int32_t>(random.below(5)) - 2;
  spec.retention = std::chrono::hours{24}; // All tasks are queried in the end.
  spec.retry.attempts_max = static_cast<std::uint32_t>(1 + random.below(5));
  spec.retry.delay_min = duration{100} + draw_delay(random, pause_max);
  spec.retry.delay_max = duration{10'000};
  return task;
}

void submit(cluster& target, const drawn_task& task, sim_client::accept_callback on_accepted) {
  const auto tag = target.scripts().add(task.script);
  auto spec = task.spec;
  spec.payload = task_scripts::payload_of(tag);
  target.client().submit(tag, std::move(spec), std::move(on_accepted));
}

} // namespace belfry::sim
