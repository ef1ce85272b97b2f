// How a shard answers the requests of clients.
#include "shard/shard_state.hpp"
#include "shard/task_commands.hpp"

#include "belfry/contract.hpp"
#include "belfry/coverage_probe.hpp"

#include "text/utf8.hpp"
#include "wire/codec.hpp"
#include "wire/envelope.hpp"

#include <algorithm>
#include <utility>

namespace belfry {

namespace {

coverage_probe requests_shed{"a query is refused because too many answers wait for a write"};
coverage_probe stale_epoch_command{"a command is refused because its shard has restarted since"};

coverage_probe unwritten_shown{"a query is answered while the storage refuses to write"};

constexpr duration retry_after_write{100};
/// Clients repeat their requests anyway, if they are not answered for seconds.
constexpr duration repeat_after_outage{20'000};
constexpr std::uint32_t list_limit_max = 1'000;
constexpr std::size_t listed_text_bytes_max = 256;
/// Of an answer with specs, which may have large payloads. One task is always in it.
constexpr std::size_t listed_specs_bytes_max = 1 << 20;

wire::Response refusal(const failure& reason) {
  wire::Response answer;
  wire::write(reason, *answer.mutable_failure());
  return answer;
}

/// The client may send the request again after that.
wire::Response retry_later(std::uint64_t correlation, std::string reason, duration retry_after) {
  auto answer = refusal({errc::unavailable, std::move(reason)});
  answer.set_correlation(correlation);
  answer.mutable_failure()->set_retry_after_ms(static_cast<std::uint32_t>(retry_after.count()));
  return answer;
}

wire::Response answer_of(const result<done>& outcome) {
  if (!outcome)
    return refusal(outcome.error());
  wire::Response answer;
  answer.mutable_done();
  return answer;
}

/// Whether people ask so to look around. Programs act upon what `get` and `wait` say.
bool is_overview(const wire::Request& request) {
  return request.has_list() || request.has_queues() || request.has_schedules() ||
         request.has_explain();
}

/// Leaves the tasks that would make the answer too large to the next page.
void add_specs(const ledger_views& views, wire::TaskList& page) {
  std::size_t bytes = 0;
  for (int i = 0; i < page.tasks_size(); ++i) {
    auto& task = *page.mutable_tasks(i);
    wire::write(views.spec_of(*views.find({task.id()})), *task.mutable_spec());
    bytes += task.ByteSizeLong();
    if (bytes < listed_specs_bytes_max || i + 1 == page.tasks_size())
      continue;
    page.set_next_after(task.id());
    page.set_is_end(false);
    page.mutable_tasks()->DeleteSubrange(i + 1, page.tasks_size() - i - 1);
  }
}

/// A client of an earlier version counts reserved tasks as running.
void write_counts(const state_counts& from, wire::QueueInfo& to) {
  const auto reserved = from[static_cast<std::size_t>(task_state::reserved)];
  for (const auto state : task_states)
    if (state == task_state::running)
      to.add_counts(from[static_cast<std::size_t>(state)] + reserved);
    else if (state != task_state::reserved)
      to.add_counts(from[static_cast<std::size_t>(state)]);
  to.set_reserved(reserved);
}

} // namespace

void shard_state::on_request(const envelope& message) {
  wire::Request request;
  if (!wire::open(message.bytes, request))
    return;
  if (!is_serving())
    return answer(sender(), retry_later(request.correlation(), name() + " is recovering",
                                        submit_admission::retry_after_recovery));
  if (request.has_epoch() && request.epoch() != epoch_)
    return refuse_epoch(request);
  // Commands are never refused: most of them free memory.
  if (pending_answers_bytes_ > options_.limits.pending_answers_bytes_max &&
      !wire::is_command(request)) {
    requests_shed.hit();
    return answer(sender(), retry_later(request.correlation(),
                                        name() + " has too many answers waiting for a write",
                                        retry_after_write));
  }
  now();
  if (auto handled = handle_request(request)) {
    handled->set_correlation(request.correlation());
    if (!batches_.refusal() || !is_overview(request))
      return answer_later(sender(), std::move(*handled));
    mark_unwritten(*handled);
    answer(sender(), std::move(*handled));
  }
}

/// An operator must be able to look around while the disk is full.
void shard_state::mark_unwritten(wire::Response& answer) const {
  unwritten_shown.hit();
  answer.set_unwritten_reason(wait_for_storage().reason.what);
}

void shard_state::refuse_epoch(const wire::Request& request) {
  stale_epoch_command.hit();
  auto refused = retry_later(request.correlation(), name() + " has restarted", duration{1});
  refused.set_epoch(epoch_);
  answer(sender(), std::move(refused));
  if (const shard_memory remembered{.epoch = request.epoch()};
      tasks_->views().is_behind(remembered))
    rise_above(remembered);
}

/// Once everything decided so far is durable: no client sees what a crash may undo.
void shard_state::answer_later(const caf::actor& client, wire::Response answer) {
  const auto bytes = answer.ByteSizeLong();
  const auto correlation = answer.correlation();
  pending_answers_bytes_ += bytes;
  batches_.on_durable(
      [this, client, bytes, response = std::move(answer)]() mutable {
        pending_answers_bytes_ -= bytes;
        this->answer(client, std::move(response));
      },
      [this, client, correlation](bool is_lost) {
        this->answer(client, is_lost ? retry_later(correlation, name() + " has failed",
                                                   submit_admission::retry_after_recovery)
                                     : retry_later(correlation, wait_for_storage().reason.what,
                                                   repeat_after_outage));
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
    return answer_of(
        tasks_->put_schedule(wire::read(request.put_schedule()), now_, request.command()));
  case wire::Request::kRemoveSchedule:
    return answer_of(tasks_->remove_schedule(request.remove_schedule().name(), request.command()));
  case wire::Request::kChangeSchedule:
    return answer_of(change_schedule(request));
  case wire::Request::kSchedules:
    return list_schedules();
  default:
    return handle_task_request(request);
  }
}

std::optional<wire::Response> shard_state::handle_task_request(const wire::Request& request) {
  switch (request.body_case()) {
  case wire::Request::kGet:
    return get({request.get().id()});
  case wire::Request::kWait:
    return wait_for({request.wait().id()}, request.correlation());
  case wire::Request::kCancel:
  case wire::Request::kRequeue:
  case wire::Request::kChange:
    return answer_of(apply_to_task(*tasks_, request, now_));
  case wire::Request::kExplain:
    return explain({request.explain().id()}, request.correlation());
  default:
    return refusal(
        {errc::invalid_argument, "the request is of a kind that this version does not know"});
  }
}

result<done> shard_state::change_schedule(const wire::Request& request) {
  const auto& change = request.change_schedule();
  if (change.has_is_paused() + change.is_triggered() + change.has_change() != 1)
    return failure{errc::invalid_argument, "a change of a schedule pauses, resumes, triggers or "
                                           "changes it, expected one of these"};
  if (change.has_change())
    return tasks_->change_schedule(change.name(), wire::read(change.change()), request.command(),
                                   now_);
  return change.is_triggered() ? tasks_->trigger_schedule(change.name(), request.command(), now_)
                               : tasks_->set_schedule_paused(change.name(), change.is_paused(),
                                                             request.command(), now_);
}

wire::Response shard_state::get(task_id id) const {
  auto info = tasks_->views().describe(id, true);
  if (!info)
    return refusal(tasks_->views().missing(id));
  if (const auto worker = workers_.find(info->session); worker != workers_.end())
    info->worker = worker->second.name;
  wire::Response answer;
  wire::write(*info, *answer.mutable_task());
  return answer;
}

std::optional<wire::Response> shard_state::wait_for(task_id id, std::uint64_t correlation) {
  const auto info = tasks_->views().outcome(id);
  if (!info)
    return refusal(tasks_->views().missing(id));
  if (!is_settled(info->state)) {
    tasks_->waits().watch(id);
    waiters_.add(id, sender(), correlation, now_);
    return std::nullopt;
  }
  wire::Response answer;
  wire::write(*info, *answer.mutable_task());
  return answer;
}

void shard_state::notify_waiters(const std::vector<task_id>& settled) {
  if (waiters_.is_empty())
    return;
  for (const auto id : settled) {
    if (!waiters_.has(id))
      continue;
    const auto info = tasks_->views().outcome(id);
    expects(info.has_value(), "shard: a task that a client waits for is not forgotten");
    if (!is_settled(info->state))
      continue; // It was requeued at once: its clients wait on.
    for (const auto& waiter : waiters_.take(id)) {
      wire::Response answer;
      wire::write(*info, *answer.mutable_task());
      answer.set_correlation(waiter.correlation);
      batches_.on_durable([this, client = waiter.client, response = std::move(answer)]() mutable {
        this->answer(client, std::move(response));
      });
    }
    mark_answered_when_durable(id);
  }
}

/// An answer that waits for the storage has not left yet, however long that takes.
void shard_state::mark_answered_when_durable(task_id id) {
  batches_.on_durable([this, id] {
    if (!waiters_.has(id)) // Else it was requeued meanwhile, and a client waits again.
      tasks_->waits().mark_answered(id, now());
  });
}

std::optional<wire::Response> shard_state::explain(task_id id, std::uint64_t correlation) {
  const auto explained = tasks_->views().explain(id, now_);
  if (!explained)
    return refusal(explained.error());
  const auto info = *tasks_->views().describe(id, false);
  wire::Response answer;
  answer.set_correlation(correlation);
  auto& to = *answer.mutable_explanation();
  to.set_reason(std::string{to_string(explained->reason)});
  to.set_text(explained->text);
  to.set_since_ms(to_ms(explained->since));
  wire::write(info, *to.mutable_task());
  const bool is_complete = explained->reason != explanation_reason::waiting_for_worker &&
                           explained->reason != explanation_reason::queue_paused &&
                           explained->reason != explanation_reason::reserved;
  if (is_complete || !dispatcher_)
    return answer;
  complete_answer completed{sender(), std::move(answer), info.queue, info.kind};
  if (batches_.refusal()) {
    mark_unwritten(completed.answer);
    self_->send(dispatcher_, std::move(completed));
    return std::nullopt;
  }
  batches_.on_durable(
      [this, completed = std::move(completed)] { self_->send(dispatcher_, completed); });
  request_flush();
  return std::nullopt;
}

wire::Response shard_state::list(const wire::ListTasks& request) {
  const task_id after{request.after()};
  if (after.value != 0 && after.shard() != options_.shard)
    return refusal({errc::invalid_argument, "after is " + to_string(after) +
                                                ", expected an id of shard " +
                                                std::to_string(options_.shard.value)});
  const auto limit = std::clamp(request.limit(), 1U, list_limit_max);
  const auto page = tasks_->views().list(read_filter(request), after.serial(), limit);
  wire::Response answer;
  auto& to = *answer.mutable_list();
  to.set_next_after(task_id::of(options_.shard, page.next_after).value);
  to.set_is_end(page.is_end);
  for (auto info : page.tasks) {
    info.earlier_errors.clear();
    for (auto* text : {&info.output, &info.last_error})
      truncate_utf8(*text, listed_text_bytes_max);
    wire::write(info, *to.add_tasks());
  }
  if (request.wants_specs())
    add_specs(tasks_->views(), to);
  return answer;
}

wire::Response shard_state::set_queue(const wire::SetQueue& request) {
  auto settings = tasks_->views().settings_of(request.queue());
  if (request.has_is_paused())
    settings.is_paused = request.is_paused();
  if (request.has_weight())
    settings.weight = request.weight();
  if (request.has_durability()) {
    if (request.durability() < 1 || request.durability() > 3)
      return refusal(
          {errc::invalid_argument,
           "durability is " + std::to_string(request.durability()) + ", expected 1, 2 or 3"});
    settings.level = static_cast<durability>(request.durability());
  }
  if (request.has_accepts_anywhere())
    settings.accepts_anywhere = request.accepts_anywhere();
  const auto outcome = tasks_->set_queue(settings, now_);
  batches_.on_durable([this] { send_outbox_queues(); });
  return answer_of(outcome);
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
    write_counts(queue.counts, to);
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
    to.set_is_paused(schedule.is_paused);
    if (schedule.parked_reason)
      to.set_parked_reason(*schedule.parked_reason);
  }
  return answer;
}

} // namespace belfry
