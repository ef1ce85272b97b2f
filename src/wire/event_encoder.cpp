// Encodes events: values to the bytes of a journal record.
#include "wire/event_codec.hpp"

#include "task/task_record.hpp"
#include "wire/codec.hpp"
#include "wire/event_codes.hpp"
#include "wire/journal.pb.h"
#include "wire/task_states.hpp"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace belfry::wire {

namespace {

/// The default level is 0, which takes no byte.
std::uint32_t number_of(durability level) {
  return level == durability::durable ? 0 : static_cast<std::uint32_t>(level);
}

template <class To>
void write_times(const std::optional<run_times>& from, instant at, To& to) {
  if (!from)
    return;
  const auto ms_of = [](duration span) {
    return static_cast<std::uint32_t>(
        std::clamp(span.count(), duration::rep{0}, started_ago_max.count()));
  };
  to.set_began_ms_ago(ms_of(at - from->began_at));
  if (from->ran)
    to.set_ran_ms(ms_of(*from->ran));
}

/// Writes each kind of event into its message.
class event_encoder {
public:
  explicit event_encoder(Event& to) : to_(to) {}

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
    to.set_is_reserved(from.is_reserved);
  }
  void operator()(const task_begun& from) { write_id_and_time(from, *to_.mutable_begun()); }
  void operator()(const task_succeeded& from) {
    auto& to = *to_.mutable_succeeded();
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
    to.set_output(from.output);
    write_times(from.times, from.at, to);
  }
  void operator()(const task_failed& from) {
    auto& to = *to_.mutable_failed();
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
    to.set_error(from.error);
    to.set_is_crash(from.is_crash);
    if (from.retry_at)
      to.set_retry_ms(to_ms(*from.retry_at));
    to.set_may_not_have_begun(from.may_not_have_begun);
    if (from.saved_progress)
      to.set_saved_progress(*from.saved_progress);
    write_times(from.times, from.at, to);
  }
  void operator()(const task_snoozed& from) {
    auto& to = *to_.mutable_snoozed();
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
    to.set_until_ms(to_ms(from.until));
    to.set_never_started(from.never_started);
    if (from.saved_progress)
      to.set_saved_progress(*from.saved_progress);
    write_times(from.times, from.at, to);
  }
  void operator()(const cancel_requested& from) {
    write_id_and_time(from, *to_.mutable_cancel_requested());
  }
  void operator()(const task_cancelled& from) {
    auto& to = *to_.mutable_cancelled();
    write_id_and_time(from, to);
    to.set_never_started(from.never_started);
    write_times(from.times, from.at, to);
  }
  void operator()(const task_expired& from) { write_id_and_time(from, *to_.mutable_expired()); }
  void operator()(const task_requeued& from) { write_id_and_time(from, *to_.mutable_requeued()); }
  void operator()(const task_changed& from) {
    auto& to = *to_.mutable_changed();
    write_id_and_time(from, to);
    to.set_command(from.command);
    if (from.change != task_change{})
      write(from.change, *to.mutable_change());
    to.set_is_deleted(from.is_deleted);
  }
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
    to.set_paused_ms(to_ms(from.paused_at));
  }
  void operator()(const schedule_put& from) {
    auto& to = *to_.mutable_schedule_put();
    write(from.spec, *to.mutable_spec());
    to.set_at_ms(to_ms(from.at));
    to.set_command(from.command);
  }
  void operator()(const schedule_removed& from) {
    auto& to = *to_.mutable_schedule_removed();
    to.set_name(from.name);
    to.set_command(from.command);
  }
  void operator()(const schedule_fired& from) {
    auto& to = *to_.mutable_schedule_fired();
    to.set_name(from.name);
    to.set_nominal_ms(to_ms(from.nominal));
    to.set_task(from.task.value);
    to.set_command(from.command);
  }
  void operator()(const schedule_paused& from) {
    auto& to = *to_.mutable_schedule_paused();
    to.set_name(from.name);
    to.set_is_paused(from.is_paused);
    to.set_at_ms(to_ms(from.at));
    to.set_command(from.command);
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
    write_state(from.state, to);
    to.set_durability(number_of(from.level));
    to.set_is_cancel_requested(from.is_cancel_requested);
    to.set_was_started(from.was_started);
    to.set_started_ms_ago(from.started_ms_ago);
    to.set_was_requeued(from.was_requeued);
    to.set_was_started_before(from.was_started_before);
    if (from.has_begun)
      to.set_has_begun(*from.has_begun);
    to.set_saved_progress(from.saved_progress);
    to.set_is_start_unknown(!from.is_start_known);
    if (from.ran_ms)
      to.set_ran_ms(*from.ran_ms);
    if (from.nominal)
      to.set_nominal_ms(to_ms(*from.nominal));
    for (const auto& error : from.earlier_errors)
      to.add_earlier_errors(error);
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
    to.set_is_paused(from.is_paused);
  }
  void operator()(const serial_restored& from) {
    to_.mutable_serial_restored()->set_next(from.next);
  }
  void operator()(const commands_restored& from) {
    auto& to = *to_.mutable_commands_restored();
    for (const auto number : from.numbers)
      to.add_numbers(number);
  }

private:
  template <class From, class To>
  void write_id_and_time(const From& from, To& to) {
    to.set_id(from.id.value);
    to.set_at_ms(to_ms(from.at));
  }

  Event& to_;
};

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

  [[nodiscard]] google::protobuf::ArenaOptions arena_options() {
    google::protobuf::ArenaOptions options;
    options.initial_block = first_.get();
    options.initial_block_size = first_bytes;
    return options;
  }
  [[nodiscard]] EventBatch* make() {
    return google::protobuf::Arena::CreateMessage<EventBatch>(&memory_);
  }

  std::unique_ptr<char[]> first_{new char[first_bytes]};
  google::protobuf::Arena memory_{arena_options()};
  EventBatch* batch_ = make();
};

event_writer::event_writer() : arena_(std::make_unique<arena>()) {}

event_writer::~event_writer() = default;

void event_writer::add(const event& event) {
  std::visit(event_encoder{*arena_->batch().add_events()}, event);
}

std::uint32_t event_writer::count() const {
  return static_cast<std::uint32_t>(arena_->batch().events_size());
}

std::string event_writer::finish_record() {
  auto bytes = arena_->batch().SerializeAsString();
  arena_->clear();
  return bytes;
}

} // namespace belfry::wire
