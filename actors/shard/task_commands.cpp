#include "shard/task_commands.hpp"

#include "belfry/coverage_probe.hpp"

#include "wire/codec.hpp"

#include <algorithm>

namespace belfry {

namespace {

coverage_probe unlisted_task_refused{
    "a bulk command is refused for a task that was changed since it was listed"};

task_id task_of(const wire::Request& request) {
  if (request.has_cancel())
    return {request.cancel().id()};
  return {request.has_requeue() ? request.requeue().id() : request.change().id()};
}

/// A task that is gone, and a command that was carried out already, are the ledger's to judge; so
/// is a cancelled task that is to be cancelled.
bool must_be_listed(const ledger_views& views, const wire::Request& request, task_id id) {
  if (!request.has_only_if() || !views.find(id) || views.was_carried_out(request.command()))
    return false;
  return !(request.has_cancel() && views.find(id)->state == task_state::cancelled);
}

} // namespace

page_filter read_filter(const wire::ListTasks& from) {
  page_filter to;
  for (const auto number : from.states())
    if (number >= 1 && number <= task_states.size())
      to.states.push_back(static_cast<task_state>(number));
  // A state that this version does not know matches no task; without any, all would match.
  if (from.states_size() > 0 && to.states.empty())
    to.states.push_back(task_state{});
  if (!from.tells_reserved() &&
      std::find(to.states.begin(), to.states.end(), task_state::running) != to.states.end())
    to.states.push_back(task_state::reserved);
  to.queue = from.queue();
  to.kind = from.kind();
  to.schedule = from.schedule();
  if (from.has_due_from_ms())
    to.due_from = instant_of_ms(from.due_from_ms());
  if (from.has_due_to_ms())
    to.due_to = instant_of_ms(from.due_to_ms());
  return to;
}

result<done> apply_to_task(ledger& tasks, const wire::Request& request, instant now) {
  const auto id = task_of(request);
  if (const auto views = tasks.views();
      must_be_listed(views, request, id) && !views.is_listed(id, read_filter(request.only_if()))) {
    unlisted_task_refused.hit();
    return failure{errc::wrong_state, "task " + to_string(id) +
                                          " was changed since it was listed, and is none of the "
                                          "tasks of the command any more"};
  }
  if (request.has_cancel())
    return tasks.cancel(id, now);
  if (request.has_requeue())
    return tasks.requeue(id, now);
  const auto& change = request.change();
  return change.is_deleted()
             ? tasks.remove(id, request.command(), now)
             : tasks.change(id, wire::read(change.change()), request.command(), now);
}

} // namespace belfry
