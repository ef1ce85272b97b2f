#include "belfry/testing.hpp"

#include "observation/log_tap.hpp"
#include "scenario/cluster.hpp"
#include "scenario/repeat.hpp"
#include "scenario/run_plan.hpp"
#include "testing/handler_executor.hpp"
#include "wire/codec.hpp"
#include "wire/shard_of.hpp"

#include "belfry/contract.hpp"

#include <functional>
#include <utility>

namespace belfry::testing {

namespace {

using namespace std::chrono_literals;

constexpr duration answer_timeout = 60s;
constexpr duration poll_interval = 1s;
/// Longer than belfry needs to recover from any fault.
constexpr duration recovery = 40s;

/// All faults that violate no invariant by themselves.
const std::vector<std::string>& usual_faults() {
  static const std::vector<std::string> names{
      "server_crash", "worker_crash", "actor_kill", "server_freeze", "worker_freeze", "slow_node",
      "link_cut",     "partition",    "slow_link",  "failed_sync",   "disk_full",     "slow_disk"};
  return names;
}

observed_run::ending ending_of(sim::run_ended::ending outcome) {
  switch (outcome) {
  case sim::run_ended::ending::succeeded:
    return observed_run::ending::succeeded;
  case sim::run_ended::ending::failed:
    return observed_run::ending::failed;
  case sim::run_ended::ending::snoozed:
    return observed_run::ending::snoozed;
  case sim::run_ended::ending::interrupted:
    return observed_run::ending::interrupted;
  case sim::run_ended::ending::crashed:
    break;
  }
  return observed_run::ending::crashed;
}

/// Records all runs; reports no violations.
class run_recorder : public sim::checker {
public:
  explicit run_recorder(std::vector<observed_run>& runs) : checker("runs"), runs_(runs) {}

  void observe(const sim::observation& event, instant now) override {
    if (const auto* started = std::get_if<sim::run_started>(&event))
      runs_.push_back({started->id, started->token, started->attempt, started->worker, now});
    else if (const auto* ended = std::get_if<sim::run_ended>(&event))
      for (auto run = runs_.rbegin(); run != runs_.rend(); ++run)
        if (run->task == ended->id && run->token == ended->token) {
          run->outcome = ending_of(ended->outcome);
          break;
        }
  }

private:
  std::vector<observed_run>& runs_;
};

} // namespace

class cluster::implementation {
public:
  implementation(handler_registry all_handlers, const cluster_options& options)
      : handlers(std::move(all_handlers)), random(options.seed),
        tap([this](bool is_error, const std::string& text) {
          if (target && !target->sim_world().is_reclaiming())
            target->run_history().record(sim::line_logged{is_error, text});
        }),
        target(std::make_unique<sim::cluster>(options_of(options))) {}

  /// Advances time until `is_done`, `timeout` at most. Returns whether it is done.
  bool run_until(const std::function<bool()>& is_done, duration timeout) {
    check_caller();
    const auto end = target->sim_world().elapsed() + timeout;
    while (!is_done())
      if (!target->sim_world().step(end))
        return false;
    return true;
  }

  void run_for(duration span) {
    check_caller();
    target->sim_world().run_for(span);
  }

  void check_caller() const {
    expects(!disruptions.is_calling, "testing::cluster: is not called by a handler");
  }

  result<wire::Response> ask(wire::Request request) {
    const auto slot = std::make_shared<std::optional<result<wire::Response>>>();
    target->client().ask(std::move(request), answer_timeout, [slot](result<wire::Response> answer) {
      slot->emplace(std::move(answer));
    });
    run_until([&] { return slot->has_value(); }, answer_timeout + 1s);
    if (!*slot)
      return failure{errc::timed_out, "no answer within 60 seconds"};
    return **slot;
  }

  sim::cluster_options options_of(const cluster_options& options) {
    sim::cluster_options simulated;
    simulated.seed = options.seed;
    simulated.workers = options.workers;
    simulated.slots = options.slots;
    simulated.shards = options.shards;
    simulated.start_time = options.begin;
    simulated.kinds = handlers.kinds();
    simulated.extra_checkers = [this] {
      std::vector<std::unique_ptr<sim::checker>> recorders;
      recorders.push_back(std::make_unique<run_recorder>(runs));
      return recorders;
    };
    simulated.make_executor = [this](sim::process_executor::setup setup, sim::world& world,
                                     sim::history& run_history) {
      return std::make_unique<sim::handler_executor>(std::move(setup), handlers, disruptions, world,
                                                     run_history, random.next());
    };
    return simulated;
  }

  handler_registry handlers;
  sim::handler_disruptions disruptions;
  std::vector<observed_run> runs;
  prng random;
  std::uint64_t tags = 0;
  std::vector<std::vector<sim::participant<sim::fault>>> faults; // Queued events may refer to them.
  sim::log_tap tap;                                              // Outlives the cluster.
  std::unique_ptr<sim::cluster> target;
};

cluster::cluster(handler_registry handlers, cluster_options options)
    : implementation_(std::make_unique<implementation>(std::move(handlers), options)) {}

cluster::~cluster() = default;

// --- requests of a client ---

result<task_id> cluster::submit(task_spec task) {
  const auto answer = std::make_shared<std::optional<result<task_id>>>();
  implementation_->target->client().submit(
      ++implementation_->tags, std::move(task), [answer](task_id id) { answer->emplace(id); },
      [answer](const failure& error) { answer->emplace(error); });
  implementation_->run_until([&] { return answer->has_value(); }, answer_timeout);
  if (!*answer)
    return failure{errc::timed_out, "the task was not accepted within 60 seconds"};
  return **answer;
}

void cluster::submit_later(task_spec task) {
  implementation_->target->client().submit(++implementation_->tags, std::move(task), {});
}

result<task_info> cluster::get(task_id id) {
  wire::Request request;
  request.set_shard(id.shard().value);
  request.mutable_get()->set_id(id.value);
  const auto answer = implementation_->ask(std::move(request));
  if (!answer)
    return answer.error();
  return wire::read(answer->task());
}

result<done> cluster::cancel(task_id id) {
  implementation_->target->run_history().record(sim::cancel_requested{id});
  wire::Request request;
  request.set_shard(id.shard().value);
  request.mutable_cancel()->set_id(id.value);
  const auto answer = implementation_->ask(std::move(request));
  if (!answer)
    return answer.error();
  implementation_->target->run_history().record(sim::cancel_acknowledged{id});
  return done{};
}

result<done> cluster::put_schedule(schedule_spec schedule) {
  wire::Request request;
  request.set_shard(
      wire::shard_of_schedule(schedule.name, implementation_->target->options().shards));
  wire::write(schedule, *request.mutable_put_schedule());
  const auto answer = implementation_->ask(std::move(request));
  if (!answer)
    return answer.error();
  return done{};
}

// --- time ---

instant cluster::now() const {
  return implementation_->target->sim_world().now();
}

void cluster::advance(duration span) {
  implementation_->run_for(span);
}

bool cluster::settle(duration timeout) {
  auto& target = *implementation_->target;
  const auto end = target.sim_world().elapsed() + timeout;
  for (;;) {
    const auto& counts = target.run_history().counts();
    if (target.client().open_tasks().empty() && counts.answered() == counts.offered)
      return true;
    if (target.sim_world().elapsed() >= end)
      return false;
    for (const auto id : target.client().open_tasks())
      target.client().fetch_task(id);
    implementation_->run_for(poll_interval);
  }
}

// --- handlers ---

void cluster::set_run_duration(const std::string& kind, duration span) {
  implementation_->disruptions.spans[kind] = span;
}

std::vector<observed_run> cluster::runs() const {
  return implementation_->runs;
}

std::vector<observed_run> cluster::runs(task_id id) const {
  auto found = implementation_->runs;
  std::erase_if(found, [id](const auto& run) { return run.task != id; });
  return found;
}

// --- faults ---

void cluster::crash_next(const std::string& kind, crash_point where) {
  using disruption = sim::handler_disruptions::disruption;
  implementation_->disruptions.disruptions[kind].push_back(
      {where == crash_point::before_handler ? disruption::crash_before : disruption::crash_after,
       duration{0}});
}

void cluster::delay_result(const std::string& kind, duration by) {
  implementation_->disruptions.disruptions[kind].push_back(
      {sim::handler_disruptions::disruption::late, by});
}

void cluster::crash_worker(std::uint32_t index, duration pause) {
  implementation_->check_caller();
  expects(index < implementation_->target->options().workers,
          "testing::cluster: there is such a worker");
  implementation_->target->crash_worker(index, sim::crash_kind::process_killed, pause);
}

void cluster::stop_worker(std::uint32_t index, duration grace, duration pause) {
  implementation_->check_caller();
  expects(index < implementation_->target->options().workers,
          "testing::cluster: there is such a worker");
  implementation_->target->stop_worker(index, grace, pause);
}

void cluster::freeze_worker(std::uint32_t index, duration span) {
  implementation_->target->sim_world().freeze(sim::cluster::worker_name(index), span);
}

void cluster::cut_off_worker(std::uint32_t index, duration span) {
  auto& world = implementation_->target->sim_world();
  const auto node = world.machine_of(sim::cluster::server_name(0));
  const auto worker = world.machine_of(sim::cluster::worker_name(index));
  world.network().block(node, worker);
  world.after(span, [&world, node, worker] { world.network().unblock(node, worker); });
}

void cluster::crash_node(duration pause) {
  implementation_->check_caller();
  implementation_->target->crash_server(0, sim::crash_kind::power_lost, crash_mode::drop, pause);
}

void cluster::freeze_node(duration span) {
  implementation_->target->sim_world().freeze(sim::cluster::server_name(0), span);
}

void cluster::inject_faults(duration span) {
  auto& target = *implementation_->target;
  auto& world = target.sim_world();
  const auto end = world.elapsed() + span;
  auto& faults = implementation_->faults.emplace_back(
      sim::faults_of({usual_faults(), {}}, implementation_->random.next()));
  std::erase_if(faults, [this](const auto&) { return implementation_->random.chance(50); });
  for (auto& participant : faults)
    sim::repeat(
        world, participant.instance->mean_interval(), end, participant.random,
        [&target, &participant] { participant.instance->inject(target, participant.random); });
  implementation_->run_for(span);
  for (auto& participant : faults)
    participant.instance->heal(target);
  target.run_history().record(sim::faults_healed{});
  implementation_->run_for(recovery);
}

// --- results ---

std::vector<std::string> cluster::violations() const {
  return implementation_->target->run_history().violations();
}

std::string cluster::recent_events() const {
  std::string text;
  for (const auto& line : implementation_->target->sim_world().run_trace().latest())
    text += line + '\n';
  return text;
}

std::uint64_t cluster::fingerprint() const {
  return implementation_->target->sim_world().run_trace().fingerprint();
}

} // namespace belfry::testing
