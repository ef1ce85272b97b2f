#include "testing/handler_executor.hpp"

#include <exception>
#include <utility>

namespace belfry::sim {

namespace {

constexpr duration default_span{10};

} // namespace

handler_executor::handler_executor(setup worker_setup, const handler_registry& handlers,
                                   handler_disruptions& plan, world& sim_world,
                                   history& run_history, std::uint64_t seed)
    : setup_(std::move(worker_setup)), handlers_(handlers), disruptions_(plan), world_(sim_world),
      history_(run_history), random_(seed), runs_(std::make_shared<runs>()) {}

void handler_executor::execute(run::facts description, std::shared_ptr<run_control> control,
                               completion done) {
  if (is_ended_)
    return;
  if (!control->begin(world_.elapsed() + caf_clock_start))
    return done(too_late_to_start());
  history_.record(
      run_started{description.task, description.token, description.attempt, 0, setup_.worker});
  open_run open{{std::move(description), std::move(control), std::move(done)}};
  if (auto& disruptions = disruptions_.disruptions[open.description.kind]; !disruptions.empty()) {
    open.disruption = disruptions.front();
    disruptions.pop_front();
  }
  const auto before = draw_delay_before(open.description.kind, open.remaining);
  const bool dies_first =
      open.disruption && open.disruption->kind == handler_disruptions::disruption::crash_before;
  const auto number = ++latest_;
  runs_->emplace(number, std::move(open));
  if (dies_first)
    return setup_.crash();
  later(number, before, [this, number](open_run&) { start(number); });
}

/// Draws how long a run waits before its handler is called; `remaining` is the wait after it.
duration handler_executor::draw_delay_before(const std::string& kind, duration& remaining) {
  const auto known = disruptions_.spans.find(kind);
  const auto span = known == disruptions_.spans.end() ? default_span : known->second;
  remaining = random_.chance(50) ? span : duration{0};
  return span - remaining;
}

/// Runs `action` after `delay`, or once the process is resumed if it is frozen then; never if the
/// run has ended.
void handler_executor::later(std::uint64_t number, duration delay,
                             std::function<void(open_run&)> action) {
  world_.after(delay, [this, number, action = std::move(action), alive = std::weak_ptr{runs_}] {
    const auto open_runs = alive.lock();
    if (!open_runs || !open_runs->contains(number))
      return;
    const auto* process = world_.find(setup_.worker);
    if (process && process->is_frozen()) {
      const auto thaw = process->frozen_until() - world_.elapsed();
      return later(number, std::chrono::ceil<duration>(thaw), action);
    }
    action(open_runs->at(number));
  });
}

void handler_executor::start(std::uint64_t number) {
  auto& open = runs_->at(number);
  open.control->set_waiter([this, number](duration span) { wait(number, span); },
                           [this, number] { wake_later(number, duration{0}); });
  open.control->set_clock([&world = world_] { return world.elapsed() + caf_clock_start; });
  open.thread = std::make_unique<stepped_thread>([this, &open] { call(open); });
  resume(number);
}

void handler_executor::call(open_run& open) {
  const auto* handler = handlers_.find(open.description.kind);
  run current{open.description, *open.control};
  try {
    open.result = (*handler)(current);
  } catch (const stepped_thread::cancelled&) {
    throw;
  } catch (const std::exception& thrown) {
    open.result = run_result::failed("exception", thrown.what());
  } catch (...) {
    open.result =
        run_result::failed("exception", "the handler threw an object that is not a std::exception");
  }
}

void handler_executor::resume(std::uint64_t number) {
  auto& open = runs_->at(number);
  disruptions_.is_calling = true;
  const bool has_returned = open.thread->resume();
  disruptions_.is_calling = false;
  if (!has_returned)
    return;
  open.control->set_waiter({}, {});
  open.thread.reset();
  auto remaining = open.remaining;
  if (open.disruption && open.disruption->kind == handler_disruptions::disruption::crash_after)
    return setup_.crash();
  if (open.disruption)
    remaining += open.disruption->delay;
  later(number, remaining, [this, number](open_run&) { finish(number); });
}

/// On the handler's thread.
void handler_executor::wait(std::uint64_t number, duration span) {
  const auto found = runs_->find(number);
  if (found == runs_->end()) // Its process has died.
    throw stepped_thread::cancelled{};
  auto& open = found->second;
  ++open.waits;
  open.is_waiting = true;
  wake_later(number, span);
  open.thread->pause();
}

/// Ends the present wait of the run after `delay`, unless it has ended before.
void handler_executor::wake_later(std::uint64_t number, duration delay) {
  const auto found = runs_->find(number);
  if (found == runs_->end())
    return;
  later(number, delay, [this, number, wait = found->second.waits](open_run& open) {
    if (!open.is_waiting || open.waits != wait)
      return;
    open.is_waiting = false;
    resume(number);
  });
}

void handler_executor::finish(std::uint64_t number) {
  auto open = std::move(runs_->extract(number).mapped());
  auto outcome = run_ended::ending::succeeded;
  if (open.is_abandoned || open.result.end == run_result::verdict::not_started ||
      open.result.end == run_result::verdict::interrupted ||
      (open.control->has_observed_cancel() && open.result.end != run_result::verdict::snoozed))
    outcome = run_ended::ending::interrupted;
  else if (open.result.end == run_result::verdict::failed)
    outcome = run_ended::ending::failed;
  else if (open.result.end == run_result::verdict::snoozed)
    outcome = run_ended::ending::snoozed;
  history_.record(run_ended{open.description.task, open.description.token, outcome,
                            open.result.snooze, open.result.output});
  open.done(std::move(open.result));
}

std::size_t handler_executor::abandon(const std::shared_ptr<run_control>& control) {
  return abandon_run(*runs_, control);
}

void handler_executor::end() {
  is_ended_ = true;
  record_crashes(*runs_, history_);
  const auto ended_runs = std::exchange(*runs_, {}); // Their handlers end now and find no runs.
}

} // namespace belfry::sim
