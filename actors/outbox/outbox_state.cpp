#include "outbox/outbox_state.hpp"

#include "base/actor_basics.hpp"

#include "belfry/coverage_probe.hpp"
#include "task/validate.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <caf/exit_reason.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe batch_was_deferred{"an outbox takes a batch in"};
coverage_probe batch_was_delivered{"an outbox has delivered a batch"};
coverage_probe batch_was_found{"an outbox finds batches that its forerunner took in"};

constexpr shard_id outbox_shard_id{0}; // What its journal calls it.
constexpr duration write_retry_delay{200};
constexpr duration redelivery_delay{1'000};

/// Whether the shard would say the same again.
bool is_final(errc code) {
  return code == errc::invalid_argument || code == errc::too_large;
}

} // namespace

void outbox_state::on_child_started(const child_started& who) {
  if (who.name == "router") {
    router_ = who.child;
  } else if (who.name == "outbox_keeper" && !journal_keeper_) {
    journal_keeper_ = who.child;
    self_->send(journal_keeper_, acquire_shard{outbox_shard_id});
  } else if (who.name == "outbox_keeper" && journal_keeper_ != who.child) {
    fail_with({storage_code::io_error, "its journal was opened anew"});
  }
  serve_if_ready();
}

void outbox_state::fail_with(const storage_status& outcome) {
  spdlog::warn("outbox.failed reason=\"{}\"", outcome.text);
  is_serving_ = false;
  const auto code = outcome.code == storage_code::corrupt ? errc::corrupt : errc::storage;
  self_->quit(quit_reason({code, outcome.text}));
}

// --- recovery ---

void outbox_state::acquired(const shard_acquired& answer) {
  if (!answer.outcome.ok())
    return fail_with(answer.outcome);
  epoch_ = answer.now.epoch;
  head_ = answer.now.head;
  self_->send(journal_keeper_, read_snapshot{outbox_shard_id, {}});
}

void outbox_state::on_snapshot_position(const snapshot_chunk& parts) {
  if (!parts.outcome.ok())
    return fail_with(parts.outcome);
  begin_ = parts.position;
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
  if (chunk.next != head_)
    return fail_with({storage_code::corrupt, "the outbox ends before record " +
                                                 std::to_string(chunk.next) + ", expected " +
                                                 std::to_string(head_)});
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

// --- taking in ---

void outbox_state::take(const envelope& from) {
  wire::Submit request;
  if (!has_space() || !wire::open(from.bytes, request))
    return;
  const auto client = caf::actor_cast<caf::actor>(self_->current_sender());
  wire::Submitted answer;
  answer.set_client(request.client());
  answer.set_sequence(request.sequence());
  answer.set_shard(request.shard());
  outbox_backlog::batch what{{request.client()}, request.shard(), request.sequence(), {}};
  for (auto& one : *request.mutable_tasks())
    take(wire::read_moving(one), what, *answer.add_outcomes());
  if (!backlog_.contains(what) && !what.tasks.empty()) {
    batch_was_deferred.hit();
    backlog_.add(std::move(what));
  }
  on_durable_.emplace_back([this, client, bytes = wire::seal(answer)]() mutable {
    self_->send(client, submitted_atom::value, envelope{std::move(bytes), 0});
  });
  request_flush();
}

/// Fixes when the task is due: it may be delivered long after.
void outbox_state::take(task_spec task, outbox_backlog::batch& into, wire::Accepted& outcome) {
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
  into.tasks.push_back(std::move(task));
}

bool outbox_state::has_space() {
  if (!is_serving_)
    return false;
  const bool has_space = has_space_ && backlog_.bytes() < options_.limits.bytes_max;
  if (!has_space && !std::exchange(is_full_logged_, true))
    spdlog::error("outbox.full tasks={} bytes={} bytes_max={} disk_has_room={}", backlog_.tasks(),
                  backlog_.bytes(), options_.limits.bytes_max, has_space_);
  is_full_logged_ = !has_space;
  return has_space;
}

void outbox_state::on_outbox_queues(const outbox_queues& news) {
  if (!is_serving_) {
    pending_queues_ = news;
    return;
  }
  backlog_.set_queues(news.queues);
  notify_router();
  request_flush();
}

void outbox_state::notify_router() {
  self_->send(router_, outbox_updated{backlog_.queues(), backlog_.tasks()});
}

// --- the journal ---

void outbox_state::request_flush() {
  if (!is_write_in_flight_ && !std::exchange(is_flush_scheduled_, true))
    self_->send(self_, flush_atom::value);
}

void outbox_state::flush() {
  is_flush_scheduled_ = false;
  if (!is_serving_ || is_write_in_flight_)
    return;
  if (!backlog_.is_dirty()) {
    for (const auto& one : std::exchange(on_durable_, {}))
      one();
    return;
  }
  append_batch batch{outbox_shard_id, epoch_, head_, 1, backlog_.take_record(head_)};
  journal_bytes_ += batch.bytes.size();
  on_durable_in_flight_ = std::exchange(on_durable_, {});
  is_write_in_flight_ = true;
  // What was delivered need not be known for sure: it would only be delivered twice.
  const auto level = on_durable_in_flight_.empty() ? durability::relaxed : durability::durable;
  self_->send(journal_keeper_, write_batch{std::move(batch), level});
}

void outbox_state::on_batch_written(batch_written& answer) {
  if (!is_write_in_flight_)
    return;
  has_space_ = answer.has_space;
  if (answer.outcome.code == storage_code::no_space) {
    refused_ = std::move(answer.refused);
    self_->delayed_send(self_, write_retry_delay, retry_write_atom::value);
    return;
  }
  if (!answer.outcome.ok())
    return fail_with(answer.outcome);
  is_write_in_flight_ = false;
  ++head_;
  for (const auto& one : std::exchange(on_durable_in_flight_, {}))
    one();
  notify_router();
  deliver();
  truncate_if_due();
  flush();
}

void outbox_state::retry_write() {
  if (is_write_in_flight_)
    self_->send(journal_keeper_, write_batch{std::exchange(refused_, {}), durability::durable});
}

/// The last record always stays: it holds the names of the queues.
void outbox_state::truncate_if_due() {
  const auto position = std::min(backlog_.first_needed_position(head_), head_ - 1);
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

// --- delivering ---

void outbox_state::deliver() {
  auto next = backlog_.waiting().upper_bound(last_delivered_);
  for (; next != backlog_.waiting().end() && in_flight_ < options_.limits.in_flight_max; ++next) {
    last_delivered_ = next->first;
    undelivered_[next->first] = next->second.tasks.size();
    in_flight_ += next->second.tasks.size();
    for (std::size_t index = 0; index < next->second.tasks.size(); ++index)
      deliver(next->first, index);
  }
}

void outbox_state::deliver(std::uint64_t number, std::size_t index) {
  const auto& task = backlog_.waiting().at(number).tasks.at(index);
  self_->request(client_, caf::infinite, submit_atom::value, task)
      .then(
          [this, life = std::weak_ptr{alive_}, number](const submitted&) {
            if (!life.expired())
              on_task_done(number);
          },
          [this, life = std::weak_ptr{alive_}, number, index](const caf::error& error) {
            if (!life.expired())
              on_task_refused(number, index, to_failure(error));
          });
}

void outbox_state::on_task_refused(std::uint64_t number, std::size_t index, const failure& why) {
  if (!is_final(why.code))
    return self_->delayed_send(self_, redelivery_delay, deliver_atom::value, number,
                               static_cast<std::uint64_t>(index));
  const auto& lost = backlog_.waiting().at(number).tasks.at(index);
  spdlog::error("outbox.task_dropped kind={} queue={} key={} reason=\"{}\"", lost.kind, lost.queue,
                lost.key, why.what);
  on_task_done(number);
}

void outbox_state::on_task_done(std::uint64_t number) {
  --in_flight_;
  const auto missing = undelivered_.find(number);
  if (--missing->second > 0)
    return;
  undelivered_.erase(missing);
  batch_was_delivered.hit();
  backlog_.remove(number);
  request_flush();
}

} // namespace belfry
