#include "observation/observation.hpp"

#include "observation/task_scripts.hpp"

#include <string_view>

namespace belfry::sim {

namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string_view name_of(run_ended::ending outcome) {
  switch (outcome) {
  case run_ended::ending::succeeded:
    return "succeeded";
  case run_ended::ending::failed:
    return "failed";
  case run_ended::ending::snoozed:
    return "snoozed";
  case run_ended::ending::interrupted:
    return "interrupted";
  case run_ended::ending::crashed:
    return "crashed";
  }
  return "?";
}

std::string_view name_of(schedule_commanded::action command) {
  switch (command) {
  case schedule_commanded::action::pause:
    return "pause";
  case schedule_commanded::action::resume:
    return "resume";
  case schedule_commanded::action::trigger:
    return "trigger";
  }
  return "?";
}

std::string text_of(const task_change& change) {
  std::string text;
  if (change.due)
    text += " due_ms=" + std::to_string(to_ms(*change.due));
  if (change.delay)
    text += " delay_ms=" + std::to_string(change.delay->count());
  if (change.priority)
    text += " priority=" + std::to_string(*change.priority);
  if (change.payload)
    text += " version=" + number(task_scripts::version_of(*change.payload));
  if (change.queue)
    text += " queue=" + *change.queue;
  return text;
}

struct line_writer {
  std::string operator()(const task_offered& event) const {
    return "task.offered tag=" + number(event.tag) + " kind=" + event.spec.kind +
           " queue=" + event.spec.queue + " delay_ms=" + std::to_string(event.spec.delay.count()) +
           (event.spec.key.empty() ? "" : " key=" + event.spec.key);
  }
  std::string operator()(const task_accepted& event) const {
    return "task.accepted tag=" + number(event.tag) + " task=" + to_string(event.id) +
           (event.is_duplicate ? " duplicate" : "");
  }
  std::string operator()(const task_deferred& event) const {
    return "task.deferred tag=" + number(event.tag) + " queue=" + event.queue + " key=" + event.key;
  }
  std::string operator()(const task_refused& event) const {
    return "task.refused tag=" + number(event.tag) + " reason=\"" + event.reason.what + '"';
  }
  std::string operator()(const task_observed& event) const {
    return "task.observed task=" + to_string(event.info.id) +
           " state=" + std::string{to_string(event.info.state)} +
           " attempt=" + number(event.info.attempt) + " crashes=" + number(event.info.crashes) +
           " token=" + number(event.info.token.value);
  }
  std::string operator()(const task_missing& event) const {
    return "task.missing task=" + to_string(event.id);
  }
  std::string operator()(const tasks_listed& event) const {
    return "tasks.listed count=" + number(event.tasks.size());
  }
  std::string operator()(const tasks_counted& event) const {
    return "tasks.counted entries=" + number(event.counts.size());
  }
  std::string operator()(const runs_counted& event) const {
    return "runs.counted by_queues=" + number(event.by_queues) +
           " by_status=" + number(event.by_status);
  }
  std::string operator()(const cancel_requested& event) const {
    return "cancel.requested task=" + to_string(event.id);
  }
  std::string operator()(const cancel_acknowledged& event) const {
    return "cancel.acknowledged task=" + to_string(event.id);
  }
  std::string operator()(const change_requested& event) const {
    return "change.requested task=" + to_string(event.id) + text_of(event.change) +
           (event.is_deleted ? " delete" : "");
  }
  std::string operator()(const change_answered& event) const {
    return "change.answered task=" + to_string(event.id) + (event.is_made ? "" : " refused");
  }
  std::string operator()(const resume_requested& event) const {
    return "resume.requested queue=" + event.queue;
  }
  std::string operator()(const pause_acknowledged& event) const {
    return "pause.acknowledged queue=" + event.queue + " shard=" + number(event.shard.value);
  }
  std::string operator()(const schedule_acknowledged& event) const {
    return "schedule.acknowledged name=" + event.spec.name + " line=\"" + event.spec.when.line +
           '"';
  }
  std::string operator()(const schedule_commanded& event) const {
    return "schedule." + std::string{name_of(event.command)} +
           (event.is_acknowledged ? "_acknowledged" : "_requested") + " name=" + event.name;
  }
  std::string operator()(const schedule_listed& event) const {
    return "schedule.listed name=" + event.name + " tasks=" + number(event.due.size());
  }
  std::string operator()(const run_granted& event) const {
    return "run.granted task=" + to_string(event.id) + " token=" + number(event.token.value);
  }
  std::string operator()(const run_started& event) const {
    return "run.started task=" + to_string(event.id) + " token=" + number(event.token.value) +
           " attempt=" + number(event.attempt) + " tag=" + number(event.tag) +
           " worker=" + event.worker + (event.is_intact ? "" : " damaged") +
           (event.version == 0 ? "" : " version=" + number(event.version)) +
           (event.previous_progress.empty() ? "" : " progress=" + event.previous_progress);
  }
  std::string operator()(const run_ended& event) const {
    return "run.ended task=" + to_string(event.id) + " token=" + number(event.token.value) +
           " outcome=" + std::string{name_of(event.outcome)} +
           (event.saved_progress.empty() ? "" : " progress=" + event.saved_progress);
  }
  std::string operator()(const fault_injected& event) const { return "fault." + event.description; }
  std::string operator()(const disk_replaced& event) const {
    return std::string{"disk.replaced by="} + (event.is_empty ? "empty" : "backup");
  }
  std::string operator()(const disk_damaged& event) const {
    return "disk.damaged shard=" + number(event.shard.value);
  }
  std::string operator()(const disk_repaired&) const { return "disk.repaired"; }
  std::string operator()(const faults_healed&) const { return "faults.healed"; }
  std::string operator()(const line_logged& event) const {
    return (event.is_error ? "log error " : "log ") + event.text;
  }
  std::string operator()(const actor_threw& event) const {
    return "actor.threw " + event.description;
  }
  std::string operator()(const server_failed& event) const {
    return "server.failed reason=\"" + event.reason + '"';
  }
  std::string operator()(const audit_failed& event) const {
    return "audit.failed " + event.description;
  }
};

} // namespace

std::string to_line(const observation& event) {
  return std::visit(line_writer{}, event);
}

} // namespace belfry::sim
