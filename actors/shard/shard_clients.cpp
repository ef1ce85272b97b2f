// What a shard answers to clients.
#include "shard/shard_state.hpp"

#include "belfry/coverage_probe.hpp"

#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe requests_shed{"a question is refused because too many answers wait to be given"};
coverage_probe stale_epoch_order{"an order is refused because its shard has begun anew since"};
coverage_probe disk_nearly_full{"new work is refused because the disk is nearly full"};

constexpr duration retry_after_storage{100};
/// A shard that moves is back in a moment.
constexpr duration retry_after_recovery{25};

void write(const failure& from, duration retry_after, wire::Failure& to) {
  wire::write(from, to);
  to.set_retry_after_ms(static_cast<std::uint32_t>(retry_after.count()));
}

/// The question may be asked again after that.
wire::Response retry_later(const wire::Request& request, std::string why, duration retry_after) {
  wire::Response answer;
  answer.set_correlation(request.correlation());
  write({errc::unavailable, std::move(why)}, retry_after, *answer.mutable_failure());
  return answer;
}

/// A batch gets in where its lowest task would.
priority_class class_of_batch(const wire::Submit& batch) {
  auto lowest = priority_class::high;
  for (const auto& task : batch.tasks())
    lowest = std::min(lowest, class_of(task.priority()));
  return lowest;
}

constexpr duration space_check_interval{1'000};
constexpr duration waiter_timeout{60'000}; // A client that waits asks again every few seconds.
constexpr std::uint32_t list_limit_max = 1'000;
constexpr std::size_t listed_text_bytes_max = 256;

wire::Response refusal(const failure& why) {
  wire::Response answer;
  wire::write(why, *answer.mutable_failure());
  return answer;
}

wire::Response answer_of(const result<done>& how) {
  if (!how)
    return refusal(how.error());
  wire::Response answer;
  answer.mutable_done();
  return answer;
}

failure not_found(task_id id) {
  return {errc::not_found,
          "no task " + to_string(id) + ": it was never accepted, or is forgotten by now"};
}

void write(const submit_outcome& from, wire::Accepted& to) {
  if (from.refusal)
    wire::write(*from.refusal, *to.mutable_failure());
  to.set_id(from.id.value);
  to.set_is_duplicate(from.is_duplicate);
}

page_filter read(const wire::ListTasks& from) {
  page_filter to;
  for (const auto number : from.states())
    if (number >= 1 && number <= 7)
      to.states.push_back(static_cast<task_state>(number));
  to.queue = from.queue();
  to.kind = from.kind();
  if (from.has_due_from_ms())
    to.due_from = instant_of_ms(from.due_from_ms());
  if (from.has_due_to_ms())
    to.due_to = instant_of_ms(from.due_to_ms());
  return to;
}

} // namespace

// --- submitting ---

void shard_state::submit(const envelope& from) {
  if (!wire::open(from.bytes, submit_) || submit_.shard() != options_.shard.value)
    return;
  const auto client = sender();
  wire::Submitted answer;
  answer.set_client(submit_.client());
  answer.set_sequence(submit_.sequence());
  answer.set_shard(options_.shard.value);
  if (const auto no = check_admission(submit_)) {
    write(no->reason, no->retry_after, *answer.mutable_failure());
    self_->send(client, submitted_atom::value, envelope{wire::seal(answer), 0});
    return;
  }
  std::vector<task_spec> specs;
  specs.reserve(static_cast<std::size_t>(submit_.tasks_size()));
  for (auto& task : *submit_.mutable_tasks())
    specs.push_back(wire::read_moving(task));
  const auto outcomes =
      tasks_->submit({submit_.client()}, submit_.sequence(), std::move(specs), now());
  if (!outcomes)
    return;
  for (const auto& outcome : *outcomes)
    write(outcome, *answer.add_outcomes());
  pending_bytes_ += from.bytes.size();
  on_durable_.push_back([this, client, bytes = wire::seal(answer)]() mutable {
    self_->send(client, submitted_atom::value, envelope{std::move(bytes), 0});
  });
  request_matched_flush();
}

/// New work alone is refused: what is accepted already can always be answered, completed and
/// cancelled.
std::optional<shard_state::temporary_refusal>
shard_state::check_admission(const wire::Submit& batch) {
  const auto name = "shard " + std::to_string(options_.shard.value);
  if (!is_serving())
    return temporary_refusal{{errc::unavailable, name + " is recovering"}, retry_after_recovery};
  if (tasks_->views().is_duplicate_batch({batch.client()}, batch.sequence()))
    return std::nullopt;
  const shard_load load{pending_bytes_, tasks_->views().open_count()};
  if (const auto no = admission_.refusal_for(class_of_batch(batch), load, now()))
    return temporary_refusal{{errc::overloaded, name + ' ' + no->reason}, no->retry_after};
  if (has_space_)
    return std::nullopt;
  disk_nearly_full.hit();
  if (now() >= space_checked_at_ + space_check_interval) {
    space_checked_at_ = now_;
    self_->send(journal_keeper_, check_space{});
  }
  return temporary_refusal{{errc::storage, "the disk of " + name + " is nearly full"},
                           retry_after_storage};
}

// --- asking ---

void shard_state::ask(const envelope& from) {
  wire::Request request;
  if (!wire::open(from.bytes, request))
    return;
  const auto name = "shard " + std::to_string(options_.shard.value);
  if (!is_serving())
    return answer(sender(), retry_later(request, name + " is recovering", retry_after_recovery));
  if (request.has_epoch() && request.epoch() != epoch_) {
    stale_epoch_order.hit();
    auto answer = retry_later(request, name + " has begun anew", duration{1});
    answer.set_epoch(epoch_);
    return this->answer(sender(), std::move(answer));
  }
  // An order always gets through: most of them make room.
  if (pending_answers_bytes_ > options_.limits.pending_answers_bytes_max &&
      !wire::is_command(request)) {
    requests_shed.hit();
    return answer(sender(), retry_later(request, name + " has too many answers to give",
                                        retry_after_storage));
  }
  now();
  if (auto answer = handle_request(request)) {
    answer->set_correlation(request.correlation());
    answer_later(sender(), std::move(*answer));
  }
}

/// After everything decided so far is written: nobody sees what may be undone by a crash.
void shard_state::answer_later(const caf::actor& client, wire::Response answer) {
  const auto bytes = answer.ByteSizeLong();
  pending_answers_bytes_ += bytes;
  on_durable_.push_back([this, client, bytes, what = std::move(answer)]() mutable {
    pending_answers_bytes_ -= bytes;
    this->answer(client, std::move(what));
  });
  request_flush();
}

void shard_state::answer(const caf::actor& client, wire::Response answer) {
  self_->send(client, response_atom::value, envelope{wire::seal(answer), 0});
}

std::optional<wire::Response> shard_state::handle_request(const wire::Request& request) {
  switch (request.body_case()) {
  case wire::Request::kList:
    return list(request.list());
  case wire::Request::kSetQueue:
    return set_queue(request.set_queue());
  case wire::Request::kQueues:
    return list_queues();
  case wire::Request::kPutSchedule:
    return answer_of(tasks_->put_schedule(wire::read(request.put_schedule()), now_));
  case wire::Request::kRemoveSchedule:
    return answer_of(tasks_->remove_schedule(request.remove_schedule().name()));
  case wire::Request::kSchedules:
    return list_schedules();
  default:
    return handle_task_request(request);
  }
}

std::optional<wire::Response> shard_state::handle_task_request(const wire::Request& request) {
  switch (request.body_case()) {
  case wire::Request::kGet: {
    const auto info = tasks_->views().describe({request.get().id()}, true);
    if (!info)
      return refusal(not_found({request.get().id()}));
    wire::Response answer;
    wire::write(*info, *answer.mutable_task());
    return answer;
  }
  case wire::Request::kWait:
    return wait_for({request.wait().id()}, request.correlation());
  case wire::Request::kCancel:
    return answer_of(tasks_->cancel({request.cancel().id()}, now_));
  case wire::Request::kRequeue:
    return answer_of(tasks_->requeue({request.requeue().id()}, now_));
  case wire::Request::kExplain:
    return explain({request.explain().id()}, request.correlation());
  default:
    return refusal({errc::invalid_argument, "a request that this version does not know"});
  }
}

std::optional<wire::Response> shard_state::wait_for(task_id id, std::uint64_t correlation) {
  const auto info = tasks_->views().describe(id, false);
  if (!info)
    return refusal(not_found(id));
  if (!is_settled(info->state)) {
    auto& list = waiters_[id];
    const auto client = sender();
    const auto known = std::find_if(list.begin(), list.end(), [&](const waiter& one) {
      return one.correlation == correlation && one.client == client;
    });
    if (known != list.end())
      known->last_request_at = now_;
    else
      list.push_back({client, correlation, now_});
    return std::nullopt;
  }
  wire::Response answer;
  wire::write(*info, *answer.mutable_task());
  return answer;
}

void shard_state::notify_waiters(const std::vector<task_id>& tasks) {
  if (waiters_.empty())
    return;
  for (const auto id : tasks) {
    auto waiting = waiters_.extract(id);
    const auto info = waiting ? tasks_->views().describe(id, false) : std::nullopt;
    if (!info)
      continue;
    for (const auto& one : waiting.mapped()) {
      wire::Response answer;
      wire::write(*info, *answer.mutable_task());
      answer.set_correlation(one.correlation);
      on_durable_.push_back([this, client = one.client, what = std::move(answer)]() mutable {
        this->answer(client, std::move(what));
      });
    }
  }
}

void shard_state::expire_waiters() {
  if (now_ < waiters_swept_at_ + waiter_timeout)
    return;
  waiters_swept_at_ = now_;
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    std::erase_if(at->second, [this](const waiter& one) {
      return one.last_request_at + waiter_timeout < now_;
    });
    at = at->second.empty() ? waiters_.erase(at) : std::next(at);
  }
}

std::optional<wire::Response> shard_state::explain(task_id id, std::uint64_t correlation) {
  const auto why = tasks_->views().explain(id, now_);
  if (!why)
    return refusal(why.error());
  const auto info = *tasks_->views().describe(id, false);
  wire::Response answer;
  answer.set_correlation(correlation);
  auto& to = *answer.mutable_explanation();
  to.set_reason(why->reason);
  to.set_text(why->text);
  to.set_since_ms(to_ms(why->since));
  wire::write(info, *to.mutable_task());
  if (why->reason != "waiting_for_worker" || !dispatcher_)
    return answer;
  on_durable_.push_back(
      [this, what = complete_answer{sender(), std::move(answer), info.queue, info.kind}] {
        self_->send(dispatcher_, what);
      });
  request_flush();
  return std::nullopt;
}

wire::Response shard_state::list(const wire::ListTasks& what) {
  const task_id after{what.after()};
  if (after.value != 0 && after.shard() != options_.shard)
    return refusal({errc::invalid_argument, "after is " + to_string(after) +
                                                ", expected an id of shard " +
                                                std::to_string(options_.shard.value)});
  const auto limit = std::clamp(what.limit(), 1U, list_limit_max);
  const auto page = tasks_->views().list(read(what), after.serial(), limit);
  wire::Response answer;
  auto& to = *answer.mutable_list();
  to.set_next_after(task_id::of(options_.shard, page.next_after).value);
  to.set_is_end(page.is_end);
  for (auto info : page.tasks) {
    info.output.resize(std::min(info.output.size(), listed_text_bytes_max));
    info.last_error.resize(std::min(info.last_error.size(), listed_text_bytes_max));
    wire::write(info, *to.add_tasks());
  }
  return answer;
}

wire::Response shard_state::set_queue(const wire::SetQueue& what) {
  auto settings = tasks_->views().settings_of(what.queue());
  if (what.has_is_paused())
    settings.is_paused = what.is_paused();
  if (what.has_weight())
    settings.weight = what.weight();
  if (what.has_durability()) {
    if (what.durability() < 1 || what.durability() > 3)
      return refusal({errc::invalid_argument, "durability is " + std::to_string(what.durability()) +
                                                  ", expected 1, 2 or 3"});
    settings.level = static_cast<durability>(what.durability());
  }
  if (what.has_accepts_anywhere())
    settings.accepts_anywhere = what.accepts_anywhere();
  const auto how = tasks_->set_queue(settings, now_);
  on_durable_.push_back([this] { send_outbox_queues(); });
  return answer_of(how);
}

wire::Response shard_state::list_queues() {
  wire::Response answer;
  auto& list = *answer.mutable_queues();
  for (const auto& queue : tasks_->views().queues()) {
    auto& to = *list.add_queues();
    to.set_queue(queue.settings.queue);
    to.set_is_paused(queue.settings.is_paused);
    to.set_weight(queue.settings.weight);
    to.set_durability(static_cast<std::uint32_t>(queue.settings.level));
    to.set_accepts_anywhere(queue.settings.accepts_anywhere);
    for (std::size_t state = 1; state < queue.counts.size(); ++state)
      to.add_counts(queue.counts[state]);
  }
  return answer;
}

wire::Response shard_state::list_schedules() {
  wire::Response answer;
  auto& list = *answer.mutable_schedules();
  for (const auto& schedule : tasks_->views().schedules()) {
    auto& to = *list.add_schedules();
    wire::write(schedule.spec, *to.mutable_spec());
    to.set_last_nominal_ms(to_ms(schedule.last_nominal));
    to.set_next_ms(to_ms(schedule.next));
    to.set_last_task(schedule.last_task.value);
    to.set_fired(schedule.fired);
    to.set_skipped(schedule.skipped);
  }
  return answer;
}

} // namespace belfry
