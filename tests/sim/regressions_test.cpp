// Bugs that a seed has found, each as a short script.
#include "cluster.hpp"
#include "workloads/workload.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

class script {
public:
  script() {
    cluster_options options;
    options.seed = 4;
    options.workers = 2;
    options.kinds = workload_kinds();
    inside = std::make_unique<cluster>(options);
    pass(1s);
  }

  void submit(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto tag = inside->scripts().add({});
      task_spec spec;
      spec.kind = inside->options().kinds.front();
      spec.payload = script_book::payload_of(tag);
      inside->client().submit(tag, std::move(spec), [](task_id) {});
    }
  }
  void pass(world_time span) { inside->inside().run_for(span); }
  void kill(const std::string& child, std::uint16_t index = 0) {
    caf::anon_send_exit(inside->server_child(child, index), caf::exit_reason::unhandled_exception);
  }

  std::unique_ptr<cluster> inside;
};

} // namespace

// Swarm, seed 4: the dispatcher restarted and asked a worker to attach anew while a run was on its
// way to it. The worker did not name the run, so the shard took it for lost and granted it again.
//
// A message takes about half of the time between two beats here, so a worker that the new
// dispatcher does not know is asked to attach twice. After the first time it is granted runs; when
// the second one arrives, without them, the dispatcher is new again. Nobody is silent for a lease.
TEST_CASE("a run on its way to a worker that attaches anew is not granted twice", "[regression]") {
  script it;
  it.inside->inside().network().slow_down(1'300);

  std::uint64_t rounds = 0;
  for (auto apart = 3s; apart < 9s; apart += 1s, ++rounds) {
    it.submit(60);
    it.pass(5s);
    it.kill("dispatcher");
    it.pass(apart);
    it.kill("dispatcher");
    it.pass(60s); // More often, and its supervisor would give up, which is an alarm.
  }

  CHECK(it.inside->seen().counts().accepted == rounds * 60);
  CHECK(it.inside->seen().counts().begun == rounds * 60);
  CHECK_FALSE(it.inside->seen().is_broken());
}
