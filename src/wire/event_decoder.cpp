// Decodes events: the bytes of a journal record to values.
#include "wire/event_codec.hpp"

#include "wire/codec.hpp"
#include "wire/enum_of.hpp"
#include "wire/event_codes.hpp"
#include "wire/journal.pb.h"
#include "wire/task_states.hpp"

#include <optional>
#include <utility>

namespace belfry::wire {

namespace {

durability level_of(std::uint32_t number) {
  return enum_of(number, durability::durable, durability::in_memory, durability::durable);
}

template <class To, class From>
To read_id_and_time(const From& from) {
  return To{{from.id()}, instant_of_ms(from.at_ms())};
}

template <class From>
std::optional<run_times> read_times(const From& from) {
  if (!from.has_began_ms_ago())
    return std::nullopt;
  run_times to{instant_of_ms(from.at_ms()) - duration{from.began_ms_ago()}};
  if (from.has_ran_ms())
    to.ran = duration{from.ran_ms()};
  return to;
}

batch_accepted read(const BatchAccepted& from) {
  batch_accepted to{{from.client()}, from.sequence(), instant_of_ms(from.at_ms()), {}};
  int reason = 0;
  for (int i = 0; i < from.ids_size(); ++i) {
    submit_outcome outcome;
    outcome.id = {from.ids(i)};
    const auto code = i < from.codes_size() ? from.codes(i) : 0;
    outcome.is_duplicate = code == duplicate_code;
    if (code != 0 && code != duplicate_code)
      outcome.refusal =
          failure{errc_of(code), reason < from.reasons_size() ? from.reasons(reason++) : ""};
    to.outcomes.push_back(std::move(outcome));
  }
  return to;
}

task_failed read(const TaskFailed& from) {
  task_failed to{{from.id()}, instant_of_ms(from.at_ms()), from.error(), from.is_crash(), {}};
  if (from.has_retry_ms())
    to.retry_at = instant_of_ms(from.retry_ms());
  to.may_not_have_begun = from.may_not_have_begun();
  if (from.has_saved_progress())
    to.saved_progress = from.saved_progress();
  to.times = read_times(from);
  return to;
}

queue_settings read(const QueueSet& from) {
  return {from.queue(),
          from.is_paused(),
          from.weight(),
          level_of(from.durability()),
          from.accepts_anywhere(),
          instant_of_ms(from.paused_ms())};
}

/// Nothing for a state that this version does not know: no other state may stand in for it.
std::optional<event> read(TaskRestored& from) {
  const auto state = read_state(from);
  if (!state)
    return std::nullopt;
  task_restored to;
  to.state = *state;
  to.id = {from.id()};
  to.accepted_at = instant_of_ms(from.accepted_ms());
  to.due = instant_of_ms(from.due_ms());
  to.changed_at = instant_of_ms(from.changed_ms());
  to.spec = read_moving(*from.mutable_spec());
  to.schedule = from.schedule();
  to.last_error = from.last_error();
  to.output = from.output();
  to.token = {from.token()};
  to.session = {from.session()};
  to.attempt = from.attempt();
  to.crashes = from.crashes();
  to.level = level_of(from.durability());
  to.is_cancel_requested = from.is_cancel_requested();
  to.was_started = from.was_started();
  to.started_ms_ago = from.started_ms_ago();
  to.was_requeued = from.was_requeued();
  to.was_started_before = from.was_started_before();
  if (from.has_has_begun())
    to.has_begun = from.has_begun();
  to.saved_progress = from.saved_progress();
  to.is_start_known = !from.is_start_unknown();
  if (from.has_ran_ms())
    to.ran_ms = from.ran_ms();
  if (from.has_nominal_ms())
    to.nominal = instant_of_ms(from.nominal_ms());
  to.earlier_errors = {from.earlier_errors().begin(), from.earlier_errors().end()};
  return to;
}

schedule_restored read(const ScheduleRestored& from) {
  return {read(from.spec()),  instant_of_ms(from.last_nominal_ms()),
          {from.last_task()}, from.fired(),
          from.skipped(),     from.is_paused()};
}

task_submitted read(TaskSubmitted& from) {
  return {{from.id()},
          instant_of_ms(from.at_ms()),
          instant_of_ms(from.due_ms()),
          read_moving(*from.mutable_spec()),
          from.schedule(),
          level_of(from.durability())};
}

task_started read(const TaskStarted& from) {
  return {{from.id()},
          instant_of_ms(from.at_ms()),
          {from.token()},
          {from.session()},
          from.is_reserved()};
}

task_succeeded read(const TaskSucceeded& from) {
  return {{from.id()}, instant_of_ms(from.at_ms()), from.output(), read_times(from)};
}

task_snoozed read(const TaskSnoozed& from) {
  task_snoozed to{{from.id()},
                  instant_of_ms(from.at_ms()),
                  instant_of_ms(from.until_ms()),
                  from.never_started()};
  if (from.has_saved_progress())
    to.saved_progress = from.saved_progress();
  to.times = read_times(from);
  return to;
}

task_cancelled read(const TaskCancelled& from) {
  return {{from.id()}, instant_of_ms(from.at_ms()), from.never_started(), read_times(from)};
}

task_changed read(const TaskChanged& from) {
  return {{from.id()},
          instant_of_ms(from.at_ms()),
          from.command(),
          read(from.change()),
          from.is_deleted()};
}

commands_restored read(const CommandsRestored& from) {
  return {{from.numbers().begin(), from.numbers().end()}};
}

schedule_put read(const SchedulePut& from) {
  return {read(from.spec()), instant_of_ms(from.at_ms()), from.command()};
}

schedule_fired read(const ScheduleFired& from) {
  return {from.name(), instant_of_ms(from.nominal_ms()), {from.task()}, from.command()};
}

schedule_paused read(const SchedulePaused& from) {
  return {from.name(), from.is_paused(), instant_of_ms(from.at_ms()), from.command()};
}

key_restored read(const KeyRestored& from) {
  return {from.name(), {from.id()}, instant_of_ms(from.until_ms())};
}

/// Nothing for an event that is not only in snapshots, or that this version does not know.
std::optional<event> read_restored(Event& from) {
  switch (from.body_case()) {
  case Event::kTaskRestored:
    return read(*from.mutable_task_restored());
  case Event::kKeyRestored:
    return read(from.key_restored());
  case Event::kScheduleRestored:
    return read(from.schedule_restored());
  case Event::kSerialRestored:
    return serial_restored{from.serial_restored().next()};
  case Event::kCommandsRestored:
    return read(from.commands_restored());
  default:
    return std::nullopt;
  }
}

std::optional<event> read(Event& from) {
  switch (from.body_case()) {
  case Event::kSubmitted:
    return read(*from.mutable_submitted());
  case Event::kStarted:
    return read(from.started());
  case Event::kSucceeded:
    return read(from.succeeded());
  case Event::kFailed:
    return read(from.failed());
  case Event::kSnoozed:
    return read(from.snoozed());
  case Event::kCancelRequested:
    return read_id_and_time<cancel_requested>(from.cancel_requested());
  case Event::kCancelled:
    return read(from.cancelled());
  case Event::kExpired:
    return read_id_and_time<task_expired>(from.expired());
  case Event::kRequeued:
    return read_id_and_time<task_requeued>(from.requeued());
  case Event::kBatch:
    return read(from.batch());
  case Event::kQueue:
    return read(from.queue());
  case Event::kSchedulePut:
    return read(from.schedule_put());
  case Event::kScheduleRemoved:
    return schedule_removed{from.schedule_removed().name(), from.schedule_removed().command()};
  case Event::kScheduleFired:
    return read(from.schedule_fired());
  case Event::kSerialsReserved:
    return serials_reserved{from.serials_reserved().serial_max()};
  case Event::kBegun:
    return read_id_and_time<task_begun>(from.begun());
  case Event::kChanged:
    return read(from.changed());
  case Event::kSchedulePaused:
    return read(from.schedule_paused());
  default:
    return read_restored(from);
  }
}

} // namespace

result<done> read_events(std::string_view bytes, const std::function<void(event)>& apply) {
  EventBatch batch;
  if (!batch.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return failure{errc::corrupt, "a journal record is not a batch of events"};
  for (auto& message : *batch.mutable_events()) {
    auto event = read(message);
    if (!event)
      return failure{errc::corrupt,
                     "a journal record holds an event that this version does not know"};
    apply(std::move(*event));
  }
  return done{};
}

} // namespace belfry::wire
