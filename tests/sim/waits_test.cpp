// Clients that wait for tasks while servers crash, in shards that forget settled tasks at once.
#include "scenario/cluster.hpp"

#include "task/state/shard_epoch.hpp"
#include "wire/codec.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace belfry;
using namespace belfry::sim;
using namespace std::chrono_literals;

namespace {

class forgetful_cluster {
public:
  explicit forgetful_cluster(std::uint32_t servers) : target_(options_for(servers)) { run(10s); }

  void run(duration span) { target_.sim_world().run_for(span); }

  /// Tasks that are due much later.
  std::vector<task_id> submit(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      task_spec task;
      task.kind = "mail";
      task.delay = 24h;
      target_.client().submit(i, std::move(task), [this](task_id id) { ids_.push_back(id); });
    }
    run(10s);
    REQUIRE(ids_.size() == count);
    return ids_;
  }
  void cancel(const std::vector<task_id>& ids) {
    for (const auto id : ids)
      target_.client().cancel(id);
    run(20s);
  }
  void wait_for(task_id id) {
    wire::Request request;
    request.set_shard(id.shard().value);
    request.mutable_wait()->set_id(id.value);
    target_.client().ask(std::move(request), 1h, [this](const result<wire::Response>& answer) {
      outcomes_.emplace_back(answer ? to_string(wire::read(answer->task()).state)
                                    : to_string(answer.error().code));
    });
    run(2s);
  }
  void crash_servers() {
    for (std::uint32_t server = 0; server < target_.options().servers; ++server)
      target_.crash_server(server, crash_kind::process_killed, crash_mode::drop, 1s);
    run(60s);
  }
  /// The ends of the waits so far: states, and codes of failures.
  [[nodiscard]] const std::vector<std::string>& outcomes() const { return outcomes_; }

private:
  static cluster_options options_for(std::uint32_t servers) {
    cluster_options options;
    options.servers = servers;
    options.shards = 1;
    options.kinds = {"mail"};
    options.per_shard_limits.settled_kept_max = 1;
    return options;
  }

  std::vector<task_id> ids_;
  std::vector<std::string> outcomes_;
  cluster target_;
};

using outcome_list = std::vector<std::string>;

} // namespace

TEST_CASE("a wait that crossed a crash gets its outcome though the task is forgotten", "[waits]") {
  const auto servers = GENERATE(1U, 2U);
  INFO(servers << " servers");
  forgetful_cluster subject{servers};
  const auto ids = subject.submit(10);
  subject.wait_for(ids.front());

  subject.crash_servers();
  CHECK(subject.outcomes().empty());
  subject.cancel(ids);

  CHECK(subject.outcomes() == outcome_list{"cancelled"});
}

TEST_CASE("a task that was accepted is never unknown, whatever crashes", "[waits]") {
  const auto servers = GENERATE(1U, 2U);
  INFO(servers << " servers");
  forgetful_cluster subject{servers};
  const auto ids = subject.submit(10);
  subject.cancel(ids);

  subject.wait_for(ids.front());
  subject.crash_servers();
  subject.wait_for(ids.front());
  subject.wait_for(task_id::of(ids.back().shard(), first_serial_of(epoch_end - 1)));

  CHECK(subject.outcomes() == outcome_list{"forgotten", "forgotten", "not_found"});
}
