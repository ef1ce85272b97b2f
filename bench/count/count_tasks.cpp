// A fixed number of tasks through a production node, worker and client in one thread and in virtual
// time, for a tool that counts instructions: see bench/count-instructions.
#include "base/local_messages.hpp"
#include "client/client_actor.hpp"
#include "node/node_assembly.hpp"
#include "os/handlers/executor.hpp"
#include "os/rocksdb/rocksdb_journal.hpp"
#include "worker/worker.hpp"
#include "world/world.hpp"

#include <CLI/CLI.hpp>
#include <caf/scheduled_actor.hpp>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace belfry::bench {

namespace {

/// Whose instructions they are.
enum class stage : std::uint8_t { client, router, shard, journal, dispatcher, worker, other };

/// Lets one actor handle one message, in a function that bears its stage in its name. The comment
/// keeps the compiler from folding the functions of two stages into one.
template <stage Stage>
[[gnu::noinline]] void run_as(caf::scheduler::test_coordinator& scheduler) {
  asm volatile("# %0" ::"i"(static_cast<int>(Stage)));
  scheduler.run_once();
}

/// Knows the stage of every actor: those of the server by what its supervisor calls them.
class stage_listener : public sim::message_listener {
public:
  static constexpr const char* server = "server";
  static constexpr const char* worker = "worker";

  void set_router(const caf::actor& router) { stages_[router.id()] = stage::router; }

  void on_handle(const std::string& node, const caf::scheduled_actor& /*actor*/,
                 const caf::type_erased_tuple& content) override {
    if (node != server || !content.match_elements<child_started>())
      return;
    const auto& started = content.get_as<child_started>(0);
    static const std::map<std::string, stage> names{{"shard", stage::shard},
                                                    {"journal_keeper", stage::journal},
                                                    {"dispatcher", stage::dispatcher}};
    if (const auto found = names.find(started.name); found != names.end())
      stages_[started.child.id()] = found->second;
  }

  void run(const std::string& node, const caf::scheduled_actor* actor,
           caf::scheduler::test_coordinator& scheduler) override {
    switch (stage_of(node, actor)) {
    case stage::client:
      return run_as<stage::client>(scheduler);
    case stage::router:
      return run_as<stage::router>(scheduler);
    case stage::shard:
      return run_as<stage::shard>(scheduler);
    case stage::journal:
      return run_as<stage::journal>(scheduler);
    case stage::dispatcher:
      return run_as<stage::dispatcher>(scheduler);
    case stage::worker:
      return run_as<stage::worker>(scheduler);
    case stage::other:
      return run_as<stage::other>(scheduler);
    }
  }

private:
  [[nodiscard]] stage stage_of(const std::string& node, const caf::scheduled_actor* actor) const {
    if (node == worker)
      return stage::worker;
    if (node != server)
      return stage::client;
    const auto found = actor ? stages_.find(actor->id()) : stages_.end();
    return found == stages_.end() ? stage::other : found->second;
  }

  std::map<caf::actor_id, stage> stages_;
};

/// Handlers that succeed at once.
class immediate_executor : public executor {
public:
  explicit immediate_executor(const sim::world& world) : world_(world) {}

  void execute(run::facts /*facts*/, std::shared_ptr<run_control> control,
               completion done) override {
    ++count_;
    const auto now = world_.elapsed() + sim::caf_clock_start;
    done(control->begin(now) ? run_result::success() : too_late_to_start());
  }
  std::size_t abandon(const std::shared_ptr<run_control>& /*control*/) override { return 0; }

  [[nodiscard]] std::uint64_t count() const { return count_; }

private:
  const sim::world& world_;
  std::uint64_t count_ = 0;
};

struct count_options {
  std::uint64_t tasks = 2'000;
  std::uint16_t shards = 1;
  std::uint32_t slots = 8;
  bool is_metered = false;
  bool is_steady = false; ///< 200 tasks a second, each on its own; else all at once
};

/// One node with a RocksDB journal, one worker and one client.
class counted_world {
public:
  explicit counted_world(const count_options& options)
      : options_(options), world_({.seed = 1, .listener = &listener_}) {
    start_server();
    start_worker();
    start_client();
  }

  ~counted_world() { std::filesystem::remove_all(directory_); }
  counted_world(const counted_world&) = delete;
  counted_world& operator=(const counted_world&) = delete;

  void run() {
    run_for(std::chrono::seconds{2}); // Everybody connects.
    for (std::uint64_t i = 0; i < options_.tasks; ++i) {
      submit();
      if (options_.is_steady)
        run_for(std::chrono::milliseconds{5});
    }
    run_for(std::chrono::seconds{5});
    if (executor_.count() != options_.tasks || accepted_ != options_.tasks)
      throw std::runtime_error{std::to_string(accepted_) + " tasks were accepted and " +
                               std::to_string(executor_.count()) + " ran, expected " +
                               std::to_string(options_.tasks)};
  }

private:
  void run_for(sim::world_time span) { world_.run_for(span); }

  void start_server() {
    auto& node = world_.start(stage_listener::server);
    assembly_options parts;
    parts.name = node.name();
    parts.time = world_.wall_clock();
    parts.open_journal = [this]() -> result<std::shared_ptr<journal>> {
      rocksdb_journal_options options;
      options.directory = directory_;
      options.shards = options_.shards;
      return open_rocksdb_journal(options);
    };
    parts.shards = options_.shards;
    parts.is_keeper_detached = false;
    parts.counts_tasks = options_.is_metered;
    parts.publish = [this, &node](const caf::actor& router) -> result<std::uint16_t> {
      listener_.set_router(router);
      node.publish(router, default_port);
      return default_port;
    };
    node.retain_root((*assemble_node(node.system(), std::move(parts))).supervisor);
  }

  void start_worker() {
    auto& node = world_.start(stage_listener::worker);
    worker_options options;
    options.addresses = {{stage_listener::server, default_port}};
    options.transport = node.transport();
    options.kinds = {"count"};
    options.slots = options_.slots;
    options.seed = 2;
    options.run_executor = &executor_;
    node.retain_root(spawn_worker(node.system(), std::move(options)));
  }

  void start_client() {
    auto& node = world_.start("client");
    client_options options;
    options.addresses = {{stage_listener::server, default_port}};
    options.seed = 3;
    options.transport = node.transport();
    options.inbox = inbox_;
    node.retain_root(spawn_client(node.system(), std::move(options)));
  }

  void submit() {
    task_spec task;
    task.kind = "count";
    task.payload = std::string(128, 'x');
    inbox_->push(submit_call{std::move(task), [this](const result<submitted>& answer) {
                               if (answer)
                                 ++accepted_;
                             }});
  }

  count_options options_;
  std::string directory_ = std::filesystem::temp_directory_path() / "belfry-count";
  stage_listener listener_;
  immediate_executor executor_{world_};
  std::shared_ptr<client_inbox> inbox_ = std::make_shared<client_inbox>();
  std::uint64_t accepted_ = 0;
  sim::world world_;
};

} // namespace

int count_tasks(int argc, char** argv) {
  count_options options;
  CLI::App app{"Runs a fixed number of tasks for a tool that counts instructions"};
  app.add_option("--tasks", options.tasks, "Number of tasks")->capture_default_str();
  app.add_option("--shards", options.shards, "Number of shards")->capture_default_str();
  app.add_option("--slots", options.slots, "Slots of the worker")->capture_default_str();
  app.add_flag("--steady", options.is_steady, "Submit 200 tasks a second instead of all at once");
  app.add_flag("--metered", options.is_metered, "Count what happens to tasks, as with --http");
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(spdlog::level::warn);
  std::filesystem::remove_all(std::filesystem::temp_directory_path() / "belfry-count");
  try {
    counted_world{options}.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "belfry-count: %s\n", error.what());
    return 1;
  }
  return 0;
}

} // namespace belfry::bench

int main(int argc, char** argv) {
  return belfry::bench::count_tasks(argc, argv);
}
