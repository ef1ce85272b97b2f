#include "belfry/testing.hpp"

#include "observation/log_tap.hpp"
#include "scenario/cluster.hpp"
#include "scenario/line_up.hpp"
#include "scenario/repeat.hpp"
#include "testing/handler_executor.hpp"
#include "wire/codec.hpp"
#include "wire/shard_of.hpp"

#include "belfry/contract.hpp"

#include <functional>
#include <utility>

namespace belfry::testing {

namespace {

using namespace std::chrono_literals;

constexpr duration answer_patience = 60s;
constexpr duration look_every = 1s;
/// Longer than belfry needs to get over any of the faults.
constexpr duration recovery = 40s;

/// All that break no promise by themselves.
const std::vector<std::string>& usual_faults() {
  static const std::vector<std::string> names{
      "server_crash", "worker_crash", "actor_kill", "server_freeze", "worker_freeze", "slow_node",
      "link_cut",     "partition",    "slow_link",  "failed_sync",   "disk_full",     "slow_disk"};
  return names;
}

observed_run::ending ending_of(sim::run_over::ending how) {
  switch (how) {
  case sim::run_over::ending::succeeded:
    return observed_run::ending::succeeded;
  case sim::run_over::ending::failed:
    return observed_run::ending::failed;
  case sim::run_over::ending::snoozed:
    return observed_run::ending::snoozed;
  case sim::run_over::ending::interrupted:
    return observed_run::ending::interrupted;
  case sim::run_over::ending::crashed:
    break;
  }
  return observed_run::ending::crashed;
}

/// Keeps all runs; breaks no promise.
class run_recorder : public sim::checker {
public:
  explicit run_recorder(std::vector<observed_run>& runs) : checker("runs"), runs_(runs) {}

  void see(const sim::observation& what, instant now) override {
    if (const auto* begun = std::get_if<sim::run_begun>(&what))
      runs_.push_back({begun->id, begun->token, begun->attempt, begun->worker, now});
    else if (const auto* over = std::get_if<sim::run_over>(&what))
      for (auto run = runs_.rbegin(); run != runs_.rend(); ++run)
        if (run->task == over->id && run->token == over->token) {
          run->how = ending_of(over->how);
          break;
        }
  }

private:
  std::vector<observed_run>& runs_;
};

} // namespace

class cluster::inside {
public:
  inside(handler_registry all_handlers, const cluster_options& options)
      : handlers(std::move(all_handlers)), chances(options.seed),
        tap([this](bool is_error, const std::string& text) {
          if (target && !target->inside().is_burying())
            target->seen().tell(sim::line_logged{is_error, text});
        }),
        target(std::make_unique<sim::cluster>(options_of(options))) {}

  /// Lets time pass until `is_done`, for `patience` at most. Returns whether it is.
  bool run_until(const std::function<bool()>& is_done, duration patience) {
    check_caller();
    const auto end = target->inside().elapsed() + patience;
    while (!is_done())
      if (!target->inside().step(end))
        return false;
    return true;
  }

  void run_for(duration span) {
    check_caller();
    target->inside().run_for(span);
  }

  void check_caller() const {
    expects(!orders.is_calling, "testing::cluster: is not called by a handler");
  }

  result<wire::Answer> ask(wire::Request about) {
    const auto place = std::make_shared<std::optional<result<wire::Answer>>>();
    target->client().ask(std::move(about), answer_patience,
                         [place](result<wire::Answer> got) { place->emplace(std::move(got)); });
    run_until([&] { return place->has_value(); }, answer_patience + 1s);
    if (!*place)
      return failure{errc::timed_out, "no answer within 60 seconds"};
    return **place;
  }

  sim::cluster_options options_of(const cluster_options& from) {
    sim::cluster_options to;
    to.seed = from.seed;
    to.workers = from.workers;
    to.slots = from.slots;
    to.shards = from.shards;
    to.begin = from.begin;
    to.kinds = handlers.kinds();
    to.more_checkers = [this] {
      std::vector<std::unique_ptr<sim::checker>> more;
      more.push_back(std::make_unique<run_recorder>(runs));
      return more;
    };
    to.make_executor = [this](sim::process_executor::setup setup, sim::world& world,
                              sim::history& seen) {
      return std::make_unique<sim::handler_executor>(std::move(setup), handlers, orders, world,
                                                     seen, chances.next());
    };
    return to;
  }

  handler_registry handlers;
  sim::handler_orders orders;
  std::vector<observed_run> runs;
  prng chances;
  std::uint64_t tags = 0;
  std::vector<std::vector<sim::participant<sim::fault>>> faults; // Their deeds may come later.
  sim::log_tap tap;                                              // Outlives the cluster.
  std::unique_ptr<sim::cluster> target;
};

cluster::cluster(handler_registry handlers, cluster_options options)
    : inside_(std::make_unique<inside>(std::move(handlers), options)) {}

cluster::~cluster() = default;

// --- use it ---

result<task_id> cluster::submit(task_spec task) {
  const auto answer = std::make_shared<std::optional<result<task_id>>>();
  inside_->target->client().submit(
      ++inside_->tags, std::move(task), [answer](task_id id) { answer->emplace(id); },
      [answer](const failure& why) { answer->emplace(why); });
  inside_->run_until([&] { return answer->has_value(); }, answer_patience);
  if (!*answer)
    return failure{errc::timed_out, "the task was not accepted within 60 seconds"};
  return **answer;
}

void cluster::submit_later(task_spec task) {
  inside_->target->client().submit(++inside_->tags, std::move(task), {});
}

result<task_info> cluster::get(task_id id) {
  wire::Request about;
  about.set_shard(id.shard().value);
  about.mutable_get()->set_id(id.value);
  const auto answer = inside_->ask(std::move(about));
  if (!answer)
    return answer.error();
  return wire::read(answer->task());
}

result<done> cluster::cancel(task_id id) {
  inside_->target->seen().tell(sim::cancel_asked{id});
  wire::Request about;
  about.set_shard(id.shard().value);
  about.mutable_cancel()->set_id(id.value);
  const auto answer = inside_->ask(std::move(about));
  if (!answer)
    return answer.error();
  inside_->target->seen().tell(sim::cancel_acknowledged{id});
  return done{};
}

result<done> cluster::put_schedule(schedule_spec schedule) {
  wire::Request about;
  about.set_shard(wire::shard_of_schedule(schedule.name, inside_->target->options().shards));
  wire::write(schedule, *about.mutable_put_schedule());
  const auto answer = inside_->ask(std::move(about));
  if (!answer)
    return answer.error();
  return done{};
}

// --- time ---

instant cluster::now() const {
  return inside_->target->inside().now();
}

void cluster::advance(duration span) {
  inside_->run_for(span);
}

bool cluster::settle(duration patience) {
  auto& target = *inside_->target;
  const auto end = target.inside().elapsed() + patience;
  for (;;) {
    const auto& counts = target.seen().counts();
    if (target.client().open_tasks().empty() && counts.answered() == counts.offered)
      return true;
    if (target.inside().elapsed() >= end)
      return false;
    for (const auto id : target.client().open_tasks())
      target.client().look_at(id);
    inside_->run_for(look_every);
  }
}

// --- handlers ---

void cluster::takes(const std::string& kind, duration span) {
  inside_->orders.spans[kind] = span;
}

std::vector<observed_run> cluster::runs() const {
  return inside_->runs;
}

std::vector<observed_run> cluster::runs(task_id id) const {
  auto found = inside_->runs;
  std::erase_if(found, [id](const auto& one) { return one.task != id; });
  return found;
}

// --- break it ---

void cluster::crash_next(const std::string& kind, crash_point where) {
  using stroke = sim::handler_orders::stroke;
  inside_->orders.strokes[kind].push_back(
      {where == crash_point::before_handler ? stroke::crash_before : stroke::crash_after,
       duration{0}});
}

void cluster::deliver_late(const std::string& kind, duration by) {
  inside_->orders.strokes[kind].push_back({sim::handler_orders::stroke::late, by});
}

void cluster::crash_worker(std::uint32_t index, duration pause) {
  inside_->check_caller();
  expects(index < inside_->target->options().workers, "testing::cluster: there is such a worker");
  inside_->target->crash_worker(index, sim::death::process_killed, pause);
}

void cluster::freeze_worker(std::uint32_t index, duration span) {
  inside_->target->inside().freeze(sim::cluster::worker_name(index), span);
}

void cluster::cut_off_worker(std::uint32_t index, duration span) {
  auto& world = inside_->target->inside();
  const auto node = world.where(sim::cluster::server_name(0));
  const auto worker = world.where(sim::cluster::worker_name(index));
  world.network().silence(node, worker);
  world.after(span, [&world, node, worker] { world.network().speak(node, worker); });
}

void cluster::crash_node(duration pause) {
  inside_->check_caller();
  inside_->target->crash_server(0, sim::death::power_lost, crash_mode::drop, pause);
}

void cluster::freeze_node(duration span) {
  inside_->target->inside().freeze(sim::cluster::server_name(0), span);
}

void cluster::break_things(duration span) {
  auto& target = *inside_->target;
  auto& world = target.inside();
  const auto end = world.elapsed() + span;
  auto& faults =
      inside_->faults.emplace_back(sim::faults_of({usual_faults(), {}}, inside_->chances.next()));
  std::erase_if(faults, [this](const auto&) { return inside_->chances.chance(50); });
  for (auto& one : faults)
    sim::repeat(world, one.who->gap(), end, one.random,
                [&target, &one] { one.who->strike(target, one.random); });
  inside_->run_for(span);
  for (auto& one : faults)
    one.who->heal(target);
  target.seen().tell(sim::faults_healed{});
  inside_->run_for(recovery);
}

// --- look ---

std::vector<std::string> cluster::broken_promises() const {
  return inside_->target->seen().broken();
}

std::string cluster::latest_events() const {
  std::string text;
  for (const auto& line : inside_->target->inside().events().latest())
    text += line + '\n';
  return text;
}

std::uint64_t cluster::hash() const {
  return inside_->target->inside().events().fingerprint();
}

} // namespace belfry::testing
