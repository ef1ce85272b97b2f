#include "testing/handler_executor.hpp"

#include <exception>
#include <utility>

namespace belfry::sim {

namespace {

constexpr duration span_usual{10};

} // namespace

handler_executor::handler_executor(setup of, const handler_registry& handlers,
                                   handler_disruptions& orders, world& sim_world,
                                   history& run_history, std::uint64_t seed)
    : setup_(std::move(of)), handlers_(handlers), orders_(orders), world_(sim_world),
      history_(run_history), random_(seed), runs_(std::make_shared<runs>()) {}

void handler_executor::execute(run::facts known, std::shared_ptr<run_control> control,
                               completion done) {
  if (is_over_)
    return;
  history_.record(run_started{known.task, known.token, known.attempt, 0, setup_.worker});
  open_run one{{std::move(known), std::move(control), std::move(done)}};
  if (auto& disruptions = orders_.disruptions[one.known.kind]; !disruptions.empty()) {
    one.disruption = disruptions.front();
    disruptions.pop_front();
  }
  const auto before = draw_part(one.known.kind, one.rest);
  const bool dies_first =
      one.disruption && one.disruption->what == handler_disruptions::disruption::crash_before;
  const auto number = ++latest_;
  runs_->emplace(number, std::move(one));
  if (dies_first)
    return setup_.crash();
  later(number, before, [this, number](open_run&) { start(number); });
}

/// How long a run waits before its handler is called; `rest` is what remains for afterwards.
duration handler_executor::draw_part(const std::string& kind, duration& rest) {
  const auto known = orders_.spans.find(kind);
  const auto span = known == orders_.spans.end() ? span_usual : known->second;
  rest = random_.chance(50) ? span : duration{0};
  return span - rest;
}

/// Not before the process goes on, if it is frozen then, and not at all if the run is gone.
void handler_executor::later(std::uint64_t number, duration delay,
                             std::function<void(open_run&)> action) {
  world_.after(delay, [this, number, action = std::move(action), alive = std::weak_ptr{runs_}] {
    const auto open = alive.lock();
    if (!open || !open->contains(number))
      return;
    const auto* process = world_.find(setup_.worker);
    if (process && process->is_frozen()) {
      const auto thaw = process->frozen_until() - world_.elapsed();
      return later(number, std::chrono::ceil<duration>(thaw), action);
    }
    action(open->at(number));
  });
}

void handler_executor::start(std::uint64_t number) {
  auto& one = runs_->at(number);
  one.control->set_waiter([this, number](duration span) { wait(number, span); },
                          [this, number] { wake_later(number, duration{0}); });
  one.thread = std::make_unique<stepped_thread>([this, &one] { call(one); });
  resume(number);
}

void handler_executor::call(open_run& one) {
  const auto* what = handlers_.find(one.known.kind);
  run current{one.known, *one.control};
  try {
    one.how = (*what)(current);
  } catch (const stepped_thread::cancelled&) {
    throw;
  } catch (const std::exception& thrown) {
    one.how = run_result::failed("exception", thrown.what());
  } catch (...) {
    one.how = run_result::failed("exception", "what was thrown is no std::exception");
  }
}

void handler_executor::resume(std::uint64_t number) {
  auto& one = runs_->at(number);
  orders_.is_calling = true;
  const bool has_returned = one.thread->resume();
  orders_.is_calling = false;
  if (!has_returned)
    return;
  one.control->set_waiter({}, {});
  one.thread.reset();
  auto rest = one.rest;
  if (one.disruption && one.disruption->what == handler_disruptions::disruption::crash_after)
    return setup_.crash();
  if (one.disruption)
    rest += one.disruption->by;
  later(number, rest, [this, number](open_run&) { finish(number); });
}

/// On the handler's thread.
void handler_executor::wait(std::uint64_t number, duration span) {
  const auto found = runs_->find(number);
  if (found == runs_->end()) // Its process is gone.
    throw stepped_thread::cancelled{};
  auto& one = found->second;
  ++one.waits;
  one.is_waiting = true;
  wake_later(number, span);
  one.thread->pause();
}

/// Lets the present wait of the run end after `delay`, if it has not ended before.
void handler_executor::wake_later(std::uint64_t number, duration delay) {
  const auto found = runs_->find(number);
  if (found == runs_->end())
    return;
  later(number, delay, [this, number, wait = found->second.waits](open_run& one) {
    if (!one.is_waiting || one.waits != wait)
      return;
    one.is_waiting = false;
    resume(number);
  });
}

void handler_executor::finish(std::uint64_t number) {
  auto one = std::move(runs_->extract(number).mapped());
  auto how = run_ended::ending::succeeded;
  if (one.is_abandoned ||
      (one.control->has_observed_cancel() && one.how.end != run_result::verdict::snoozed))
    how = run_ended::ending::interrupted;
  else if (one.how.end == run_result::verdict::failed)
    how = run_ended::ending::failed;
  else if (one.how.end == run_result::verdict::snoozed)
    how = run_ended::ending::snoozed;
  history_.record(run_ended{one.known.task, one.known.token, how, one.how.snooze, one.how.output});
  one.done(std::move(one.how));
}

std::size_t handler_executor::abandon(const std::shared_ptr<run_control>& control) {
  return abandon_run(*runs_, control);
}

void handler_executor::end() {
  is_over_ = true;
  record_crashes(*runs_, history_);
  const auto gone = std::exchange(*runs_, {}); // Their handlers, which end now, find nothing.
}

} // namespace belfry::sim
