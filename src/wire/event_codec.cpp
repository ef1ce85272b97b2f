#include "wire/event_codec.hpp"

#include "wire/codec.hpp"
#include "wire/enum_of.hpp"
#include "wire/journal.pb.h"

#include <google/protobuf/arena.h>

namespace belfry::wire {

namespace {

constexpr std::uint32_t duplicate_code = 255;

/// 0, which costs no byte, for the usual level.
std::uint32_t number_of(durability level) {
  return level == durability::durable ? 0 : static_cast<std::uint32_t>(level);
}

durability level_of(std::uint32_t number) {
  return enum_of(number, durability::durable, durability::in_memory, durability::durable);
}

/// Writes each kind of event into its message.
class writing {
public:
  explicit writing(Event& to) : to_(to) {}

  void operator()(const task_submitted& from) {
    auto& to = *to_.mutable_submitted();
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
    to.set_due_ms(to_ms(from.due));
    write(from.spec, *to.mutable_spec());
    to.mutable_spec()->clear_due_ms();
    to.mutable_spec()->clear_delay_ms();
    to.set_schedule(from.schedule);
    to.set_durability(number_of(from.level));
  }
  void operator()(const task_started& from) {
    auto& to = *to_.mutable_started();
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
    to.set_token(from.token.value);
    to.set_session(from.session.value);
  }
  void operator()(const task_succeeded& from) {
    auto& to = *to_.mutable_succeeded();
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
    to.set_output(from.output);
  }
  void operator()(const task_failed& from) {
    auto& to = *to_.mutable_failed();
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
    to.set_error(from.error);
    to.set_is_crash(from.is_crash);
    if (from.retry_at)
      to.set_retry_ms(to_ms(*from.retry_at));
  }
  void operator()(const task_snoozed& from) {
    auto& to = *to_.mutable_snoozed();
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
    to.set_until_ms(to_ms(from.until));
    to.set_never_started(from.never_started);
  }
  void operator()(const cancel_requested& from) { plain(from, *to_.mutable_cancel_requested()); }
  void operator()(const task_cancelled& from) { plain(from, *to_.mutable_cancelled()); }
  void operator()(const task_expired& from) { plain(from, *to_.mutable_expired()); }
  void operator()(const task_requeued& from) { plain(from, *to_.mutable_requeued()); }
  void operator()(const batch_accepted& from) {
    auto& to = *to_.mutable_batch();
    to.set_client(from.client.value);
    to.set_sequence(from.sequence);
    to.set_at_ms(to_ms(from.at));
    for (const auto& outcome : from.outcomes) {
      to.add_ids(outcome.id.value);
      to.add_codes(outcome.refusal        ? static_cast<std::uint32_t>(outcome.refusal->code)
                   : outcome.is_duplicate ? duplicate_code
                                          : 0);
      if (outcome.refusal)
        to.add_reasons(outcome.refusal->what);
    }
  }
  void operator()(const queue_settings& from) {
    auto& to = *to_.mutable_queue();
    to.set_queue(from.queue);
    to.set_is_paused(from.is_paused);
    to.set_weight(from.weight);
    to.set_durability(static_cast<std::uint32_t>(from.level));
    to.set_accepts_anywhere(from.accepts_anywhere);
  }
  void operator()(const schedule_put& from) {
    auto& to = *to_.mutable_schedule_put();
    write(from.spec, *to.mutable_spec());
    to.set_at_ms(to_ms(from.at));
  }
  void operator()(const schedule_removed& from) {
    to_.mutable_schedule_removed()->set_name(from.name);
  }
  void operator()(const schedule_fired& from) {
    auto& to = *to_.mutable_schedule_fired();
    to.set_name(from.name);
    to.set_nominal_ms(to_ms(from.nominal));
    to.set_task(from.task.value);
  }
  void operator()(const serials_reserved& from) {
    to_.mutable_serials_reserved()->set_serial_max(from.serial_max);
  }
  void operator()(const task_restored& from) {
    auto& to = *to_.mutable_task_restored();
    to.set_id(from.id.value);
    to.set_accepted_ms(to_ms(from.accepted_at));
    to.set_due_ms(to_ms(from.due));
    to.set_changed_ms(to_ms(from.changed_at));
    write(from.spec, *to.mutable_spec());
    to.set_schedule(from.schedule);
    to.set_last_error(from.last_error);
    to.set_output(from.output);
    to.set_token(from.token.value);
    to.set_session(from.session.value);
    to.set_attempt(from.attempt);
    to.set_crashes(from.crashes);
    to.set_state(static_cast<std::uint32_t>(from.state));
    to.set_durability(number_of(from.level));
    to.set_is_cancel_requested(from.is_cancel_requested);
    to.set_was_started(from.was_started);
    to.set_started_ms_ago(from.started_ms_ago);
    to.set_was_requeued(from.was_requeued);
    to.set_was_started_before(from.was_started_before);
  }
  void operator()(const key_restored& from) {
    auto& to = *to_.mutable_key_restored();
    to.set_name(from.name);
    to.set_id(from.id.value);
    to.set_until_ms(to_ms(from.until));
  }
  void operator()(const schedule_restored& from) {
    auto& to = *to_.mutable_schedule_restored();
    write(from.spec, *to.mutable_spec());
    to.set_last_nominal_ms(to_ms(from.last_nominal));
    to.set_last_task(from.last_task.value);
    to.set_fired(from.fired);
    to.set_skipped(from.skipped);
  }
  void operator()(const serial_restored& from) {
    to_.mutable_serial_restored()->set_next(from.next);
  }

private:
  template <class From, class To>
  void plain(const From& from, To& to) {
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
  }

  Event& to_;
};

template <class To, class From>
To plain(const From& from) {
  return To{{from.id()}, instant_of_ms(from.at_ms())};
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
  return to;
}

queue_settings read(const QueueSet& from) {
  return {
      from.queue(), from.is_paused(), from.weight(),
      enum_of(from.durability(), durability::durable, durability::in_memory, durability::durable),
      from.accepts_anywhere()};
}

/// A task in a state that this version does not know must not pass for one in another.
std::optional<event> read(TaskRestored& from) {
  constexpr task_state unknown{};
  task_restored to;
  to.state = enum_of(from.state(), task_state::scheduled, task_state::expired, unknown);
  if (to.state == unknown)
    return std::nullopt;
  to.id = {from.id()};
  to.accepted_at = instant_of_ms(from.accepted_ms());
  to.due = instant_of_ms(from.due_ms());
  to.changed_at = instant_of_ms(from.changed_ms());
  to.spec = take(*from.mutable_spec());
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
  return to;
}

schedule_restored read(const ScheduleRestored& from) {
  return {read(from.spec()),
          instant_of_ms(from.last_nominal_ms()),
          {from.last_task()},
          from.fired(),
          from.skipped()};
}

task_submitted read(TaskSubmitted& from) {
  return {{from.id()},
          instant_of_ms(from.at_ms()),
          instant_of_ms(from.due_ms()),
          take(*from.mutable_spec()),
          from.schedule(),
          level_of(from.durability())};
}

task_started read(const TaskStarted& from) {
  return {{from.id()}, instant_of_ms(from.at_ms()), {from.token()}, {from.session()}};
}

task_succeeded read(const TaskSucceeded& from) {
  return {{from.id()}, instant_of_ms(from.at_ms()), from.output()};
}

task_snoozed read(const TaskSnoozed& from) {
  return {{from.id()},
          instant_of_ms(from.at_ms()),
          instant_of_ms(from.until_ms()),
          from.never_started()};
}

schedule_put read(const SchedulePut& from) {
  return {read(from.spec()), instant_of_ms(from.at_ms())};
}

schedule_fired read(const ScheduleFired& from) {
  return {from.name(), instant_of_ms(from.nominal_ms()), {from.task()}};
}

key_restored read(const KeyRestored& from) {
  return {from.name(), {from.id()}, instant_of_ms(from.until_ms())};
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
    return plain<cancel_requested>(from.cancel_requested());
  case Event::kCancelled:
    return plain<task_cancelled>(from.cancelled());
  case Event::kExpired:
    return plain<task_expired>(from.expired());
  case Event::kRequeued:
    return plain<task_requeued>(from.requeued());
  case Event::kBatch:
    return read(from.batch());
  case Event::kQueue:
    return read(from.queue());
  case Event::kSchedulePut:
    return read(from.schedule_put());
  case Event::kScheduleRemoved:
    return schedule_removed{from.schedule_removed().name()};
  case Event::kScheduleFired:
    return read(from.schedule_fired());
  case Event::kSerialsReserved:
    return serials_reserved{from.serials_reserved().serial_max()};
  case Event::kTaskRestored:
    return read(*from.mutable_task_restored());
  case Event::kKeyRestored:
    return read(from.key_restored());
  case Event::kScheduleRestored:
    return read(from.schedule_restored());
  case Event::kSerialRestored:
    return serial_restored{from.serial_restored().next()};
  case Event::BODY_NOT_SET:
    break;
  }
  return std::nullopt;
}

} // namespace

class event_writer::arena {
public:
  [[nodiscard]] EventBatch& batch() { return *batch_; }

  void clear() {
    memory_.Reset();
    batch_ = make();
  }

private:
  static constexpr std::size_t first_bytes = 64 * 1024;

  [[nodiscard]] google::protobuf::ArenaOptions options() {
    google::protobuf::ArenaOptions how;
    how.initial_block = first_.get();
    how.initial_block_size = first_bytes;
    return how;
  }
  [[nodiscard]] EventBatch* make() {
    return google::protobuf::Arena::CreateMessage<EventBatch>(&memory_);
  }

  std::unique_ptr<char[]> first_{new char[first_bytes]};
  google::protobuf::Arena memory_{options()};
  EventBatch* batch_ = make();
};

event_writer::event_writer() : arena_(std::make_unique<arena>()) {}

event_writer::~event_writer() = default;

void event_writer::add(const event& what) {
  std::visit(writing{*arena_->batch().add_events()}, what);
}

std::uint32_t event_writer::count() const {
  return static_cast<std::uint32_t>(arena_->batch().events_size());
}

std::string event_writer::take() {
  auto bytes = arena_->batch().SerializeAsString();
  arena_->clear();
  return bytes;
}

result<done> read_events(std::string_view bytes, const std::function<void(event)>& apply) {
  EventBatch batch;
  if (!batch.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return failure{errc::corrupt, "a journal record is not a batch of events"};
  for (auto& one : *batch.mutable_events()) {
    auto what = read(one);
    if (!what)
      return failure{errc::corrupt,
                     "a journal record holds an event that this version does not know"};
    apply(std::move(*what));
  }
  return done{};
}

} // namespace belfry::wire
