// Schedules at boot: a machine whose power is cut boots, one whose node is killed does not.
#include "scenario/cluster.hpp"

#include "wire/codec.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

class booting_cluster {
public:
  booting_cluster() : target_(single_server()) {
    target_.sim_world().run_for(10s);
    schedule_spec warm;
    warm.name = warm.task.queue = "warm";
    warm.when.line = "@reboot";
    warm.misfire = misfire_policy::run_all;
    warm.task.kind = "mail";
    warm.task.retention = 24h;
    warm.task.retry.attempts_max = 1; // A retry would be due at another instant.
    warm.task.payload = task_scripts::payload_of(target_.scripts().add({10ms}));
    target_.client().put_schedule(std::move(warm));
    target_.sim_world().run_for(2min);
  }

  void crash(crash_kind kind) {
    target_.crash_server(0, kind, crash_mode::drop, 1s);
    target_.sim_world().run_for(2min);
  }
  /// How many tasks the schedule has submitted.
  [[nodiscard]] std::optional<std::uint64_t> fired() {
    wire::Request request;
    request.mutable_schedules();
    std::optional<std::uint64_t> fired;
    target_.client().ask(std::move(request), 1min, [&](const result<wire::Response>& answer) {
      if (answer && answer->schedules().schedules_size() == 1)
        fired = answer->schedules().schedules(0).fired();
    });
    target_.sim_world().run_for(1min);
    return fired;
  }
  [[nodiscard]] std::vector<std::string> violations() {
    target_.client().list_schedules();
    target_.sim_world().run_for(10s);
    return target_.run_history().finish();
  }

private:
  static cluster_options single_server() {
    cluster_options options;
    options.shards = 1;
    options.kinds = {"mail"};
    return options;
  }

  cluster target_;
};

} // namespace

TEST_CASE("a machine that boots again runs what is due at boot, once", "[scenario]") {
  booting_cluster machine;
  CHECK(machine.fired() == 0U);
  machine.crash(crash_kind::process_killed);
  CHECK(machine.fired() == 0U);
  machine.crash(crash_kind::power_lost);
  CHECK(machine.fired() == 1U);
  machine.crash(crash_kind::process_killed);
  CHECK(machine.fired() == 1U);
  machine.crash(crash_kind::power_lost);
  CHECK(machine.fired() == 2U);
  CHECK(machine.violations() == std::vector<std::string>{});
}
