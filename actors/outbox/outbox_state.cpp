// How an outbox recovers, accepts batches and keeps its journal short.
#include "outbox/outbox_state.hpp"

#include "base/actor_basics.hpp"

#include "belfry/coverage_probe.hpp"
#include "task/validate.hpp"
#include "text/printable.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <caf/exit_reason.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe batch_was_deferred{"an outbox accepts a batch"};
coverage_probe batch_was_found{"an outbox finds batches that its previous incarnation accepted"};

constexpr shard_id outbox_shard_id{0}; // In its own journal.

} // namespace

outbox_state::outbox_state(caf::event_based_actor* self, outbox_options options)
    : self_(self), options_(std::move(options)), batches_(self, outbox_shard_id) {}

void outbox_state::on_child_started(const child_started& message) {
  if (message.name == "router") {
    router_ = message.child;
  } else if (message.name == "outbox_keeper" && !journal_keeper_) {
    journal_keeper_ = message.child;
    self_->send(journal_keeper_, acquire_shard{outbox_shard_id});
  } else if (message.name == "outbox_keeper" && journal_keeper_ != message.child) {
    fail_with({storage_code::io_error, "its journal was opened again"});
  }
  serve_if_ready();
}

void outbox_state::fail_with(const storage_status& outcome) {
  spdlog::warn("outbox.failed reason={}", log_value(outcome.text));
  is_serving_ = false;
  const auto code = outcome.code == storage_code::corrupt ? errc::corrupt : errc::storage;
  self_->quit(quit_reason({code, outcome.text}));
}

// --- recovery ---

void outbox_state::on_shard_acquired(const shard_acquired& answer) {
  if (!answer.outcome.ok())
    return fail_with(answer.outcome);
  epoch_ = answer.ownership.epoch;
  batches_.open(journal_keeper_, answer.ownership);
  self_->send(journal_keeper_, read_snapshot{outbox_shard_id, {}});
}

void outbox_state::on_snapshot_position(const snapshot_chunk& chunk) {
  if (!chunk.outcome.ok())
    return fail_with(chunk.outcome);
  begin_ = chunk.position;
  self_->send(journal_keeper_, read_journal{outbox_shard_id, begin_});
}

void outbox_state::on_journal_chunk(const journal_chunk& chunk) {
  if (!chunk.outcome.ok())
    return fail_with(chunk.outcome);
  auto position = chunk.next - chunk.batches.size();
  for (const auto& record : chunk.batches) {
    journal_bytes_ += record.size();
    if (!backlog_.replay(record, position++))
      return fail_with({storage_code::corrupt, "a record of the outbox cannot be read"});
  }
  if (!chunk.is_end)
    return self_->send(journal_keeper_, read_journal{outbox_shard_id, chunk.next});
  if (chunk.next != batches_.head())
    return fail_with({storage_code::corrupt, "the outbox ends before record " +
                                                 std::to_string(chunk.next) + ", expected " +
                                                 std::to_string(batches_.head())});
  is_recovered_ = true;
  serve_if_ready();
}

void outbox_state::serve_if_ready() {
  if (!is_recovered_ || !router_ || std::exchange(is_serving_, true))
    return;
  if (!backlog_.waiting().empty())
    batch_was_found.hit();
  spdlog::info("outbox.serving tasks={}", backlog_.tasks());
  client_ = options_.start_client(self_->system(), router_);
  self_->link_to(client_);
  deliver();
  if (pending_queues_)
    on_outbox_queues(*std::exchange(pending_queues_, std::nullopt));
  else
    notify_router();
}

// --- accepting ---

void outbox_state::on_defer(const envelope& message) {
  wire::Submit request;
  if (!has_space() || !wire::open(message.bytes, request))
    return;
  const auto client = caf::actor_cast<caf::actor>(self_->current_sender());
  wire::Submitted answer;
  answer.set_client(request.client());
  answer.set_sequence(request.sequence());
  answer.set_shard(request.shard());
  outbox_backlog::batch batch{.client = {request.client()},
                              .shard = request.shard(),
                              .sequence = request.sequence(),
                              .tasks = {}};
  for (auto& task : *request.mutable_tasks())
    accept_task(wire::read_moving(task), batch, *answer.add_outcomes());
  if (!backlog_.contains(batch) && !batch.tasks.empty()) {
    batch_was_deferred.hit();
    backlog_.add(std::move(batch));
  }
  batches_.on_durable([this, client, bytes = wire::seal(answer)]() mutable {
    self_->send(client, submitted_atom::value, envelope{std::move(bytes), 0});
  });
  batches_.request_flush();
}

/// Replaces a delay by the instant when the task is due: it may be delivered long after.
void outbox_state::accept_task(task_spec task, outbox_backlog::batch& batch,
                               wire::Accepted& outcome) {
  const auto now = options_.time->now();
  if (task.key.empty())
    return wire::write(
        failure{errc::invalid_argument, "key is empty, expected one: an outbox may deliver twice"},
        *outcome.mutable_failure());
  if (const auto checked = check(task, options_.submits, now); !checked)
    return wire::write(checked.error(), *outcome.mutable_failure());
  outcome.set_is_deferred(true);
  outcome.set_key(task.key);
  task.due = task.due.value_or(now + task.delay);
  task.delay = duration{0};
  batch.tasks.push_back(std::move(task));
}

bool outbox_state::has_space() {
  if (!is_serving_)
    return false;
  const bool has_space = batches_.has_space() && backlog_.bytes() < options_.limits.bytes_max;
  if (!has_space && !std::exchange(is_full_logged_, true))
    spdlog::error("outbox.full tasks={} bytes={} bytes_max={} disk_has_space={}", backlog_.tasks(),
                  backlog_.bytes(), options_.limits.bytes_max, batches_.has_space());
  is_full_logged_ = !has_space;
  return has_space;
}

void outbox_state::on_outbox_queues(const outbox_queues& message) {
  if (!is_serving_) {
    pending_queues_ = message;
    return;
  }
  backlog_.set_queues(message.queues);
  notify_router();
  batches_.request_flush();
}

void outbox_state::notify_router() {
  self_->send(router_, outbox_updated{backlog_.queues(), backlog_.tasks()});
}

// --- the journal ---

void outbox_state::flush() {
  batches_.begin_flush();
  if (!is_serving_ || batches_.is_in_flight())
    return;
  if (!backlog_.is_dirty())
    return batches_.skip_write();
  auto record = backlog_.take_pending_record(batches_.head());
  journal_bytes_ += record.size();
  // A delivery alone needs no sync: if its record is lost, the batch is delivered twice.
  const auto level = batches_.has_callbacks() ? durability::durable : durability::relaxed;
  batches_.write(1, std::move(record), level);
}

void outbox_state::on_batch_written(batch_written& answer) {
  const auto progress = batches_.settle(answer);
  if (progress == batch_writer::progress::failed)
    return fail_with(answer.outcome);
  if (progress == batch_writer::progress::waiting)
    return;
  notify_router();
  deliver();
  truncate_if_due();
  flush();
}

/// The last record always stays: it holds the names of the queues.
void outbox_state::truncate_if_due() {
  const auto head = batches_.head();
  const auto position = std::min(backlog_.first_needed_position(head), head - 1);
  if (is_truncating_ || journal_bytes_ < options_.limits.journal_bytes_max || position <= begin_)
    return;
  is_truncating_ = true;
  journal_bytes_ = 0;
  begin_ = position;
  self_->send(journal_keeper_, commit_snapshot{outbox_shard_id, epoch_, position, {}});
}

void outbox_state::on_journal_truncated(const snapshot_committed& answer) {
  is_truncating_ = false;
  if (!answer.outcome.ok())
    fail_with(answer.outcome);
}

} // namespace belfry
