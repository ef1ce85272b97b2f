#include "observation/observation.hpp"

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

struct line_writer {
  std::string operator()(const task_offered& it) const {
    return "task.offered tag=" + number(it.tag) + " kind=" + it.spec.kind +
           " queue=" + it.spec.queue + " delay_ms=" + std::to_string(it.spec.delay.count()) +
           (it.spec.key.empty() ? "" : " key=" + it.spec.key);
  }
  std::string operator()(const task_accepted& it) const {
    return "task.accepted tag=" + number(it.tag) + " task=" + to_string(it.id) +
           (it.is_duplicate ? " duplicate" : "");
  }
  std::string operator()(const task_deferred& it) const {
    return "task.deferred tag=" + number(it.tag) + " queue=" + it.queue + " key=" + it.key;
  }
  std::string operator()(const task_refused& it) const {
    return "task.refused tag=" + number(it.tag) + " reason=\"" + it.reason.what + '"';
  }
  std::string operator()(const task_observed& it) const {
    return "task.observed task=" + to_string(it.info.id) +
           " state=" + std::string{to_string(it.info.state)} +
           " attempt=" + number(it.info.attempt) + " crashes=" + number(it.info.crashes) +
           " token=" + number(it.info.token.value);
  }
  std::string operator()(const task_missing& it) const {
    return "task.missing task=" + to_string(it.id);
  }
  std::string operator()(const tasks_listed& it) const {
    return "tasks.listed count=" + number(it.tasks.size());
  }
  std::string operator()(const tasks_counted& it) const {
    return "tasks.counted entries=" + number(it.counts.size());
  }
  std::string operator()(const cancel_requested& it) const {
    return "cancel.requested task=" + to_string(it.id);
  }
  std::string operator()(const cancel_acknowledged& it) const {
    return "cancel.acknowledged task=" + to_string(it.id);
  }
  std::string operator()(const resume_requested& it) const {
    return "resume.requested queue=" + it.queue;
  }
  std::string operator()(const pause_acknowledged& it) const {
    return "pause.acknowledged queue=" + it.queue + " shard=" + number(it.shard.value);
  }
  std::string operator()(const schedule_acknowledged& it) const {
    return "schedule.acknowledged name=" + it.spec.name + " line=\"" + it.spec.when.line + '"';
  }
  std::string operator()(const schedule_listed& it) const {
    return "schedule.listed name=" + it.name + " tasks=" + number(it.due.size());
  }
  std::string operator()(const run_granted& it) const {
    return "run.granted task=" + to_string(it.id) + " token=" + number(it.token.value);
  }
  std::string operator()(const run_started& it) const {
    return "run.started task=" + to_string(it.id) + " token=" + number(it.token.value) +
           " attempt=" + number(it.attempt) + " tag=" + number(it.tag) + " worker=" + it.worker +
           (it.is_intact ? "" : " damaged");
  }
  std::string operator()(const run_ended& it) const {
    return "run.ended task=" + to_string(it.id) + " token=" + number(it.token.value) +
           " outcome=" + std::string{name_of(it.outcome)};
  }
  std::string operator()(const fault_injected& it) const { return "fault." + it.description; }
  std::string operator()(const disk_replaced& it) const {
    return std::string{"disk.replaced by="} + (it.is_empty ? "empty" : "backup");
  }
  std::string operator()(const disk_damaged& it) const {
    return "disk.damaged shard=" + number(it.shard.value);
  }
  std::string operator()(const disk_repaired&) const { return "disk.repaired"; }
  std::string operator()(const faults_healed&) const { return "faults.healed"; }
  std::string operator()(const line_logged& it) const {
    return (it.is_error ? "log error " : "log ") + it.text;
  }
  std::string operator()(const actor_threw& it) const { return "actor.threw " + it.description; }
  std::string operator()(const server_failed& it) const {
    return "server.failed reason=\"" + it.reason + '"';
  }
  std::string operator()(const audit_failed& it) const { return "audit.failed " + it.description; }
};

} // namespace

std::string to_line(const observation& event) {
  return std::visit(line_writer{}, event);
}

} // namespace belfry::sim
