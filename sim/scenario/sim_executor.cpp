#include "scenario/sim_executor.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace belfry::sim {

namespace {

/// How often a handler checks for cancellation.
constexpr world_time poll_interval = std::chrono::milliseconds{50};

} // namespace

void sim_executor::execute(run::facts description, std::shared_ptr<run_control> control,
                           completion done) {
  if (is_ended_)
    return;
  if (!control->begin(world_.elapsed() + caf_clock_start))
    return done(too_late_to_start());
  const auto tag = task_scripts::tag_of(description.payload);
  const auto& script = scripts_.script(tag);
  const auto version = task_scripts::version_of(description.payload);
  const bool is_intact = description.payload == task_scripts::payload_of(tag, version);
  history_.record(run_started{description.task, description.token, description.attempt, tag,
                              setup_.worker, is_intact, control->previous_progress(), version});
  const auto number = ++latest_;
  (*runs_)[number] = {{std::move(description), std::move(control), std::move(done)},
                      world_.elapsed() + script.span};
  poll_later(number, script.ignores_cancel ? world_time{script.span}
                                           : std::min<world_time>(script.span, poll_interval));
}

void sim_executor::poll_later(std::uint64_t number, world_time delay) {
  world_.after(delay, [this, number, alive = std::weak_ptr{runs_}] {
    if (const auto runs = alive.lock(); runs && runs->contains(number))
      poll(number);
  });
}

void sim_executor::poll(std::uint64_t number) {
  const auto* process = world_.find(setup_.worker);
  if (process && process->is_frozen())
    return poll_later(number, process->frozen_until() - world_.elapsed());
  const auto& run = runs_->at(number);
  const auto left = run.ends_at - world_.elapsed();
  if (left <= world_time{0})
    return finish_by_script(number);
  if (run.control->is_cancelled())
    return finish(number, run_ended::ending::interrupted,
                  run_result::failed("interrupted", "the run was cancelled"));
  if (run.control->is_stopping() &&
      task_scripts::saves_progress(task_scripts::tag_of(run.description.payload)))
    return finish(number, run_ended::ending::interrupted, run_result::interrupted());
  poll_later(number, std::min(left, poll_interval));
}

void sim_executor::finish_by_script(std::uint64_t number) {
  const auto tag = task_scripts::tag_of(runs_->at(number).description.payload);
  if (scripts_.script(tag).is_poison)
    return setup_.crash();
  const auto step = scripts_.finish_run(tag);
  auto result = run_result::success(std::to_string(runs_->at(number).description.token.value));
  if (step.outcome == run_ended::ending::snoozed)
    result = run_result::snoozed_for(step.snooze);
  else if (step.outcome == run_ended::ending::failed && step.is_final)
    result = run_result::failed_permanently("hopeless", "no retry can help");
  else if (step.outcome == run_ended::ending::failed)
    result = run_result::failed("flaky", "may work next time");
  finish(number, step.outcome, result);
}

void sim_executor::finish(std::uint64_t number, run_ended::ending outcome,
                          const run_result& result) {
  auto run = std::move(runs_->extract(number).mapped());
  std::string progress;
  if (outcome != run_ended::ending::succeeded && !run.is_abandoned &&
      task_scripts::saves_progress(task_scripts::tag_of(run.description.payload))) {
    progress = std::to_string(run.description.token.value);
    (void)run.control->save_progress(progress);
  }
  history_.record(run_ended{run.description.task, run.description.token,
                            run.is_abandoned ? run_ended::ending::interrupted : outcome,
                            result.snooze, result.output, std::move(progress)});
  run.done(result);
}

std::size_t sim_executor::abandon(const std::shared_ptr<run_control>& control) {
  return abandon_run(*runs_, control);
}

void sim_executor::end() {
  is_ended_ = true;
  record_crashes(*runs_, history_);
  runs_->clear();
}

} // namespace belfry::sim
