#include "faults/fault.hpp"

namespace belfry::sim {

std::vector<std::unique_ptr<fault>> all_faults() {
  std::vector<std::unique_ptr<fault>> all;
  all.push_back(server_crash());
  all.push_back(worker_crash());
  all.push_back(actor_kill());
  all.push_back(server_freeze());
  all.push_back(worker_freeze());
  all.push_back(slow_node());
  all.push_back(link_cut());
  all.push_back(partition());
  all.push_back(slow_link());
  all.push_back(failed_sync());
  all.push_back(disk_full());
  all.push_back(slow_disk());
  all.push_back(clock_step());
  all.push_back(bit_flip());
  all.push_back(lost_disk());
  all.push_back(storage_outage());
  all.push_back(storage_cut());
  all.push_back(storage_crash());
  all.push_back(server_restart());
  all.push_back(drain());
  all.push_back(worker_stop());
  return all;
}

duration draw_span(prng& random, duration min, duration max) {
  const auto width = static_cast<std::uint64_t>((max - min).count());
  const auto reach = width >> random.below(8);
  return min + duration{static_cast<std::int64_t>(random.below(reach + 1))};
}

} // namespace belfry::sim
