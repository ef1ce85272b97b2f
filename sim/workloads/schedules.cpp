#include "scenario/cluster.hpp"
#include "workloads/drawn_task.hpp"
#include "workloads/workload.hpp"

#include <array>

namespace belfry::sim {

namespace {

using namespace std::chrono_literals;

struct cron_case {
  const char* line;
  const char* zone;
};

/// Some fire every few seconds, some around the hours in which daylight saving time changes.
constexpr std::array cron_cases{
    cron_case{"*/5 * * * * *", "UTC"},         cron_case{"*/20 * * * * *", "Europe/Berlin"},
    cron_case{"* * * * *", "Europe/Berlin"},   cron_case{"*/7 * 1-3 * * *", "Europe/Berlin"},
    cron_case{"30 2 * * *", "Europe/Berlin"},  cron_case{"*/10 0-2 * * *", "America/New_York"},
    cron_case{"0 3 * * *", "Australia/Sydney"}};

/// Puts the same schedules repeatedly, as every deploy does. The definition of a name never
/// changes.
class schedule_workload : public workload {
public:
  [[nodiscard]] std::string name() const override { return "schedules"; }
  [[nodiscard]] duration mean_interval() const override { return 6s; }

  void generate(cluster& target, prng& random) override {
    constexpr std::array misfires{misfire_policy::run_all, misfire_policy::run_once,
                                  misfire_policy::skip};
    constexpr std::array overlaps{overlap_policy::allow, overlap_policy::allow,
                                  overlap_policy::queue_one, overlap_policy::skip,
                                  overlap_policy::cancel_other};
    const auto number = random.below(cron_cases.size() * misfires.size() * overlaps.size());
    const auto& chosen = cron_cases[number % cron_cases.size()];
    schedule_spec spec;
    spec.name = "schedule" + std::to_string(number);
    spec.when.line = chosen.line;
    spec.when.zone = chosen.zone;
    spec.misfire = misfires[number / cron_cases.size() % misfires.size()];
    spec.overlap = overlaps[number / cron_cases.size() / misfires.size()];
    spec.catch_up_max = 1'000;
    const auto [known, is_new] = tags_.try_emplace(number, 0);
    if (is_new)
      known->second =
          target.scripts().add({random.chance(10) ? 6s : 10ms + draw_delay(random, 300ms)});
    spec.task.kind = drawn_kinds().front();
    spec.task.queue = spec.name;
    spec.task.retention = 24h;
    spec.task.retry.attempts_max = 1; // A retry would be due at another instant.
    spec.task.payload = task_scripts::payload_of(known->second);
    target.client().put_schedule(std::move(spec));
  }

private:
  std::map<std::uint64_t, task_tag> tags_;
};

} // namespace

std::unique_ptr<workload> schedules() {
  return std::make_unique<schedule_workload>();
}

} // namespace belfry::sim
