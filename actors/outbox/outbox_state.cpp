#include "outbox/outbox_state.hpp"

#include "base/actor_basics.hpp"

#include "belfry/situation.hpp"
#include "task/validate.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <caf/exit_reason.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

situation batch_was_deferred{"an outbox takes a batch in"};
situation batch_was_delivered{"an outbox has delivered a batch"};
situation batch_was_found{"an outbox finds batches that its forerunner took in"};

constexpr shard_id of_outbox{0}; // What its journal calls it.
constexpr duration rewrite_pause{200};
constexpr duration redeliver_pause{1'000};

/// Whether the shard would say the same again.
bool is_final(errc code) {
  return code == errc::invalid_argument || code == errc::too_large;
}

} // namespace

void outbox_state::meet(const child_started& who) {
  if (who.name == "gateway") {
    gateway_ = who.child;
  } else if (who.name == "outbox_keeper" && !keeper_) {
    keeper_ = who.child;
    self_->send(keeper_, acquire_shard{of_outbox});
  } else if (who.name == "outbox_keeper" && keeper_ != who.child) {
    give_up({outcome_code::io_error, "its journal was opened anew"});
  }
  serve_if_ready();
}

void outbox_state::give_up(const status& how) {
  spdlog::warn("outbox.gave_up why=\"{}\"", how.text);
  is_serving_ = false;
  const auto code = how.code == outcome_code::corrupt ? errc::corrupt : errc::storage;
  self_->quit(quit_reason({code, how.text}));
}

// --- recovery ---

void outbox_state::acquired(const shard_acquired& answer) {
  if (!answer.how.ok())
    return give_up(answer.how);
  epoch_ = answer.now.epoch;
  head_ = answer.now.head;
  self_->send(keeper_, read_snapshot{of_outbox, {}});
}

void outbox_state::position_came(const snapshot_parts& parts) {
  if (!parts.how.ok())
    return give_up(parts.how);
  begin_ = parts.upto;
  self_->send(keeper_, read_journal{of_outbox, begin_});
}

void outbox_state::stretch_came(const journal_stretch& stretch) {
  if (!stretch.how.ok())
    return give_up(stretch.how);
  auto position = stretch.next - stretch.batches.size();
  for (const auto& record : stretch.batches) {
    journal_bytes_ += record.size();
    if (!book_.replay(record, position++))
      return give_up({outcome_code::corrupt, "a record of the outbox cannot be read"});
  }
  if (!stretch.is_end)
    return self_->send(keeper_, read_journal{of_outbox, stretch.next});
  if (stretch.next != head_)
    return give_up({outcome_code::corrupt, "the outbox ends before record " +
                                               std::to_string(stretch.next) + ", expected " +
                                               std::to_string(head_)});
  is_recovered_ = true;
  serve_if_ready();
}

void outbox_state::serve_if_ready() {
  if (!is_recovered_ || !gateway_ || std::exchange(is_serving_, true))
    return;
  if (!book_.waiting().empty())
    batch_was_found.reached();
  spdlog::info("outbox.serving tasks={}", book_.tasks());
  client_ = options_.start_client(self_->system(), gateway_);
  self_->link_to(client_);
  deliver();
  if (told_)
    told(*std::exchange(told_, std::nullopt));
  else
    tell_gateway();
}

// --- taking in ---

void outbox_state::take(const envelope& from) {
  wire::Submit request;
  if (!has_room() || !wire::open(from.bytes, request))
    return;
  const auto client = caf::actor_cast<caf::actor>(self_->current_sender());
  wire::Submitted answer;
  answer.set_client(request.client());
  answer.set_sequence(request.sequence());
  answer.set_shard(request.shard());
  outbox_book::batch what{{request.client()}, request.shard(), request.sequence(), {}};
  for (auto& one : *request.mutable_tasks())
    take(wire::take(one), what, *answer.add_outcomes());
  if (!book_.holds(what) && !what.tasks.empty()) {
    batch_was_deferred.reached();
    book_.add(std::move(what));
  }
  acts_.emplace_back([this, client, bytes = wire::seal(answer)]() mutable {
    self_->send(client, submitted_atom::value, envelope{std::move(bytes), 0});
  });
  request_flush();
}

/// Fixes when the task is due: it may be delivered long after.
void outbox_state::take(task_spec task, outbox_book::batch& into, wire::Accepted& outcome) {
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

bool outbox_state::has_room() {
  if (!is_serving_)
    return false;
  const bool has_room = has_room_ && book_.bytes() < options_.limits.bytes_max;
  if (!has_room && !std::exchange(is_full_, true))
    spdlog::error("outbox.full tasks={} bytes={} bytes_max={} disk_has_room={}", book_.tasks(),
                  book_.bytes(), options_.limits.bytes_max, has_room_);
  is_full_ = !has_room;
  return has_room;
}

void outbox_state::told(const open_queues& news) {
  if (!is_serving_) {
    told_ = news;
    return;
  }
  book_.set_queues(news.queues);
  tell_gateway();
  request_flush();
}

void outbox_state::tell_gateway() {
  self_->send(gateway_, outbox_known{book_.queues(), book_.tasks()});
}

// --- the journal ---

void outbox_state::request_flush() {
  if (!is_under_way_ && !std::exchange(is_flush_on_its_way_, true))
    self_->send(self_, flush_atom::value);
}

void outbox_state::flush() {
  is_flush_on_its_way_ = false;
  if (!is_serving_ || is_under_way_)
    return;
  if (!book_.is_dirty()) {
    for (const auto& one : std::exchange(acts_, {}))
      one();
    return;
  }
  append_batch batch{of_outbox, epoch_, head_, 1, book_.take_record(head_)};
  journal_bytes_ += batch.bytes.size();
  acts_under_way_ = std::exchange(acts_, {});
  is_under_way_ = true;
  // What was delivered need not be known for sure: it would only be delivered twice.
  const auto level = acts_under_way_.empty() ? durability::relaxed : durability::durable;
  self_->send(keeper_, write_batch{std::move(batch), level});
}

void outbox_state::written(batch_written& answer) {
  if (!is_under_way_)
    return;
  has_room_ = answer.has_room;
  if (answer.how.code == outcome_code::no_space) {
    refused_ = std::move(answer.refused);
    self_->delayed_send(self_, rewrite_pause, rewrite_atom::value);
    return;
  }
  if (!answer.how.ok())
    return give_up(answer.how);
  is_under_way_ = false;
  ++head_;
  for (const auto& one : std::exchange(acts_under_way_, {}))
    one();
  tell_gateway();
  deliver();
  shorten_if_due();
  flush();
}

void outbox_state::write_again() {
  if (is_under_way_)
    self_->send(keeper_, write_batch{std::exchange(refused_, {}), durability::durable});
}

/// The last record always stays: it holds the names of the queues.
void outbox_state::shorten_if_due() {
  const auto upto = std::min(book_.needed_from(head_), head_ - 1);
  if (is_shortening_ || journal_bytes_ < options_.limits.journal_bytes_max || upto <= begin_)
    return;
  is_shortening_ = true;
  journal_bytes_ = 0;
  begin_ = upto;
  self_->send(keeper_, commit_snapshot{of_outbox, epoch_, upto, {}});
}

void outbox_state::shortened(const snapshot_committed& answer) {
  is_shortening_ = false;
  if (!answer.how.ok())
    give_up(answer.how);
}

// --- delivering ---

void outbox_state::deliver() {
  auto next = book_.waiting().upper_bound(handed_over_);
  for (; next != book_.waiting().end() && under_way_ < options_.limits.under_way_max; ++next) {
    handed_over_ = next->first;
    missing_[next->first] = next->second.tasks.size();
    under_way_ += next->second.tasks.size();
    for (std::size_t index = 0; index < next->second.tasks.size(); ++index)
      deliver(next->first, index);
  }
}

void outbox_state::deliver(std::uint64_t number, std::size_t index) {
  const auto& task = book_.waiting().at(number).tasks.at(index);
  self_->request(client_, caf::infinite, submit_atom::value, task)
      .then(
          [this, life = std::weak_ptr{life_}, number](const submitted&) {
            if (!life.expired())
              came_to_end(number);
          },
          [this, life = std::weak_ptr{life_}, number, index](const caf::error& error) {
            if (!life.expired())
              refused(number, index, to_failure(error));
          });
}

void outbox_state::refused(std::uint64_t number, std::size_t index, const failure& why) {
  if (!is_final(why.code))
    return self_->delayed_send(self_, redeliver_pause, deliver_atom::value, number,
                               static_cast<std::uint64_t>(index));
  const auto& lost = book_.waiting().at(number).tasks.at(index);
  spdlog::error("outbox.dropped kind={} queue={} key={} why=\"{}\"", lost.kind, lost.queue,
                lost.key, why.what);
  came_to_end(number);
}

void outbox_state::came_to_end(std::uint64_t number) {
  --under_way_;
  const auto missing = missing_.find(number);
  if (--missing->second > 0)
    return;
  missing_.erase(missing);
  batch_was_delivered.reached();
  book_.remove(number);
  request_flush();
}

} // namespace belfry
