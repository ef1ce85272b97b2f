#include "scenario/sim_executor.hpp"

#include <algorithm>

namespace belfry::sim {

namespace {

/// How often a handler looks whether it should end.
constexpr world_time look_every = std::chrono::milliseconds{50};

} // namespace

void sim_executor::execute(run::facts known, std::shared_ptr<run_control> control,
                           completion done) {
  if (is_over_)
    return;
  const auto tag = task_scripts::tag_of(known.payload);
  const auto& script = scripts_.script(tag);
  const bool is_intact = known.payload == task_scripts::payload_of(tag);
  history_.record(
      run_started{known.task, known.token, known.attempt, tag, setup_.worker, is_intact});
  const auto number = ++latest_;
  (*runs_)[number] = {{std::move(known), std::move(control), std::move(done)},
                      world_.elapsed() + script.span};
  look_later(number, script.ignores_cancel ? world_time{script.span}
                                           : std::min<world_time>(script.span, look_every));
}

void sim_executor::look_later(std::uint64_t number, world_time delay) {
  world_.after(delay, [this, number, alive = std::weak_ptr{runs_}] {
    if (const auto runs = alive.lock(); runs && runs->contains(number))
      look(number);
  });
}

void sim_executor::look(std::uint64_t number) {
  const auto* process = world_.find(setup_.worker);
  if (process && process->is_frozen())
    return look_later(number, process->frozen_until() - world_.elapsed());
  const auto& one = runs_->at(number);
  const auto left = one.ends_at - world_.elapsed();
  if (left <= world_time{0})
    return finish_by_script(number);
  if (one.control->is_cancelled())
    return finish(number, run_ended::ending::interrupted,
                  run_result::failed("interrupted", "was asked to end"));
  look_later(number, std::min(left, look_every));
}

void sim_executor::finish_by_script(std::uint64_t number) {
  const auto tag = task_scripts::tag_of(runs_->at(number).known.payload);
  if (scripts_.script(tag).is_poison)
    return setup_.crash();
  const auto step = scripts_.end_of_run(tag);
  auto result = run_result::success(std::to_string(runs_->at(number).known.token.value));
  if (step.how == run_ended::ending::snoozed)
    result = run_result::snoozed_for(step.snooze);
  else if (step.how == run_ended::ending::failed && step.is_final)
    result = run_result::failed_permanently("hopeless", "no retry can help");
  else if (step.how == run_ended::ending::failed)
    result = run_result::failed("flaky", "may work next time");
  finish(number, step.how, result);
}

void sim_executor::finish(std::uint64_t number, run_ended::ending how, const run_result& result) {
  auto one = std::move(runs_->extract(number).mapped());
  history_.record(run_ended{one.known.task, one.known.token,
                            one.is_abandoned ? run_ended::ending::interrupted : how, result.snooze,
                            result.output});
  one.done(result);
}

std::size_t sim_executor::abandon(const std::shared_ptr<run_control>& control) {
  return abandon_run(*runs_, control);
}

void sim_executor::end() {
  is_over_ = true;
  record_crashes(*runs_, history_);
  runs_->clear();
}

} // namespace belfry::sim
