#include "scenario/sim_client.hpp"

#include "client/client_actor.hpp"
#include "wire/codec.hpp"
#include "wire/shard_of.hpp"

namespace belfry::sim {

namespace {

constexpr duration default_timeout{20'000};

} // namespace

sim_client::sim_client(setup client_setup, sim_node& node, world& sim_world, history& run_history)
    : setup_(std::move(client_setup)), world_(sim_world), history_(run_history),
      inbox_(std::make_shared<client_inbox>()) {
  client_options options;
  options.addresses = setup_.addresses;
  options.seed = setup_.seed;
  options.batch_max = setup_.batch_max;
  options.transport = node.transport();
  options.inbox = inbox_;
  node.retain_root(spawn_client(node.system(), std::move(options)));
}

void sim_client::submit(task_tag tag, task_spec spec, accept_callback on_accepted,
                        std::function<void(const failure&)> on_refused) {
  history_.record(task_offered{tag, spec});
  const auto queue = spec.queue;
  inbox_->push(submit_call{std::move(spec),
                           [this, tag, queue, on_accepted = std::move(on_accepted),
                            on_refused = std::move(on_refused)](const result<submitted>& answer) {
                             if (world_.is_reclaiming())
                               return;
                             if (!answer) {
                               history_.record(task_refused{tag, answer.error()});
                               if (on_refused)
                                 on_refused(answer.error());
                               return;
                             }
                             if (answer->is_deferred) {
                               history_.record(task_deferred{tag, queue, answer->key});
                               deferred_.insert({queue, answer->key});
                               return;
                             }
                             history_.record(task_accepted{tag, answer->id, answer->is_duplicate});
                             open_.insert(answer->id);
                             if (on_accepted)
                               on_accepted(answer->id);
                           }});
}

void sim_client::cancel(task_id id) {
  wire::Request request;
  request.set_shard(id.shard().value);
  request.mutable_cancel()->set_id(id.value);
  history_.record(cancel_requested{id});
  ask(std::move(request), default_timeout,
      [this, id, memory = memory_losses_](const result<wire::Response>& answer) {
        if (answer && memory == memory_losses_)
          history_.record(cancel_acknowledged{id});
      });
}

void sim_client::set_paused(const std::string& queue, bool is_paused,
                            std::function<void()> on_done) {
  auto& requests = pause_requests_[queue];
  requests.push_back({is_paused, std::move(on_done)});
  if (requests.size() == 1)
    send_pause_request(queue);
}

void sim_client::send_pause_request(const std::string& queue) {
  const auto is_paused = pause_requests_[queue].front().is_paused;
  if (!is_paused)
    history_.record(resume_requested{queue});
  const auto left = std::make_shared<std::size_t>(setup_.shards);
  for (std::uint16_t shard = 0; shard < setup_.shards; ++shard)
    set_paused_in({shard}, queue, is_paused, [this, left, queue] {
      if (--*left == 0)
        finish_pause_request(queue);
    });
}

void sim_client::finish_pause_request(const std::string& queue) {
  auto& requests = pause_requests_[queue];
  const auto on_done = std::move(requests.front().on_done);
  requests.pop_front();
  if (!requests.empty())
    send_pause_request(queue);
  on_done();
}

void sim_client::set_paused_in(shard_id shard, const std::string& queue, bool is_paused,
                               std::function<void()> on_done) {
  wire::Request request;
  request.set_shard(shard.value);
  request.mutable_set_queue()->set_queue(queue);
  request.mutable_set_queue()->set_is_paused(is_paused);
  ask(std::move(request), default_timeout,
      [this, shard, queue, is_paused,
       on_done = std::move(on_done)](const result<wire::Response>& answer) {
        if (!answer) {
          world_.after(std::chrono::seconds{1}, [this, shard, queue, is_paused, on_done] {
            set_paused_in(shard, queue, is_paused, on_done);
          });
          return;
        }
        if (is_paused)
          history_.record(pause_acknowledged{queue, shard});
        on_done();
      });
}

void sim_client::set_accepts_anywhere(const std::string& queue, bool accepts_anywhere) {
  for (std::uint16_t shard = 0; shard < setup_.shards; ++shard) {
    wire::Request request;
    request.set_shard(shard);
    request.mutable_set_queue()->set_queue(queue);
    request.mutable_set_queue()->set_accepts_anywhere(accepts_anywhere);
    ask(std::move(request), default_timeout, [](const result<wire::Response>&) {});
  }
}

void sim_client::drain(const std::string& server, bool is_undrain) {
  wire::Request request;
  request.mutable_drain()->set_node(server);
  request.mutable_drain()->set_is_undrain(is_undrain);
  ask(std::move(request), default_timeout, [](const result<wire::Response>&) {});
}

void sim_client::put_schedule(schedule_spec spec) {
  wire::Request request;
  request.set_shard(wire::shard_of_schedule(spec.name, setup_.shards));
  wire::write(spec, *request.mutable_put_schedule());
  ask(std::move(request), default_timeout,
      [this, spec = std::move(spec)](const result<wire::Response>& answer) {
        if (!answer)
          return;
        schedules_.insert(spec.name);
        history_.record(schedule_acknowledged{spec});
      });
}

void sim_client::list_schedules() {
  for (const auto& name : schedules_)
    list_more({name, {}, {}}, 0);
}

/// Fetches one page at a time.
void sim_client::list_more(schedule_listed so_far, std::uint64_t after) {
  constexpr std::uint32_t page = 1'000;
  wire::Request request;
  request.set_shard(wire::shard_of_schedule(so_far.name, setup_.shards));
  request.mutable_list()->set_queue(so_far.name);
  request.mutable_list()->set_after(after);
  request.mutable_list()->set_limit(page);
  ask(std::move(request), default_timeout,
      [this, so_far = std::move(so_far)](const result<wire::Response>& answer) mutable {
        if (!answer)
          return;
        for (const auto& task : answer->list().tasks()) {
          so_far.due.push_back(instant_of_ms(task.due_ms()));
          so_far.accepted.push_back(instant_of_ms(task.accepted_ms()));
        }
        if (!answer->list().is_end())
          return list_more(std::move(so_far), answer->list().next_after());
        history_.record(so_far);
      });
}

void sim_client::list_tasks() {
  list_more({}, {0}, 0, [this](const tasks_listed& all) { history_.record(all); });
}

void sim_client::find_deferred() {
  list_more({}, {0}, 0, [this](const tasks_listed& all) {
    for (const auto& task : all.tasks)
      if (deferred_.erase({task.queue, task.key}) > 0)
        open_.insert(task.id);
  });
}

void sim_client::list_more(tasks_listed so_far, shard_id shard, std::uint64_t after,
                           const std::function<void(const tasks_listed&)>& on_done) {
  constexpr std::uint32_t page = 1'000;
  if (shard.value == setup_.shards)
    return on_done(so_far);
  wire::Request request;
  request.set_shard(shard.value);
  request.mutable_list()->set_after(after);
  request.mutable_list()->set_limit(page);
  ask(std::move(request), default_timeout,
      [this, shard, on_done,
       so_far = std::move(so_far)](const result<wire::Response>& answer) mutable {
        if (!answer)
          return;
        for (const auto& task : answer->list().tasks())
          so_far.tasks.push_back(wire::read(task));
        if (answer->list().is_end())
          return list_more(std::move(so_far), {static_cast<std::uint16_t>(shard.value + 1)}, 0,
                           on_done);
        list_more(std::move(so_far), shard, answer->list().next_after(), on_done);
      });
}

void sim_client::count_tasks() {
  const auto counted = std::make_shared<tasks_counted>();
  const auto add = [counted](const wire::QueueList& answer) {
    for (const auto& queue : answer.queues())
      for (int i = 0; i < queue.counts_size(); ++i)
        counted->counts[{queue.queue(), static_cast<task_state>(i + 1)}] += queue.counts(i);
  };
  read_queues({0}, add, [this, counted] { history_.record(*counted); });
}

void sim_client::count_runs() {
  const auto counted = std::make_shared<runs_counted>();
  const auto add = [counted](const wire::QueueList& answer) {
    constexpr auto running = static_cast<int>(task_state::running) - 1;
    for (const auto& queue : answer.queues())
      counted->by_queues += queue.counts(running) - queue.reserved();
  };
  read_queues({0}, add, [this, counted] { count_slots(*counted); });
}

/// Reads the queues of `shard` and of those after it. `on_done` is not called if one does not
/// answer.
void sim_client::read_queues(shard_id shard,
                             const std::function<void(const wire::QueueList&)>& on_queues,
                             const std::function<void()>& on_done) {
  if (shard.value == setup_.shards)
    return on_done();
  wire::Request request;
  request.set_shard(shard.value);
  request.mutable_queues();
  ask(std::move(request), default_timeout,
      [this, shard, on_queues, on_done](const result<wire::Response>& answer) {
        if (!answer)
          return;
        on_queues(answer->queues());
        read_queues({static_cast<std::uint16_t>(shard.value + 1)}, on_queues, on_done);
      });
}

void sim_client::count_slots(runs_counted so_far) {
  wire::Request request;
  request.mutable_status();
  ask(std::move(request), default_timeout,
      [this, so_far](const result<wire::Response>& answer) mutable {
        if (!answer)
          return;
        for (const auto& worker : answer->status().workers())
          so_far.by_status += worker.running();
        history_.record(so_far);
      });
}

void sim_client::forget_tasks() {
  open_.clear();
  schedules_.clear();
  changing_.clear();
  deleting_.clear();
  deleted_.clear();
  ++memory_losses_;
}

void sim_client::fetch_task(task_id id) {
  wire::Request request;
  request.set_shard(id.shard().value);
  request.mutable_get()->set_id(id.value);
  ask_about(id, std::move(request), default_timeout);
}

void sim_client::wait_for(task_id id, duration timeout) {
  wire::Request request;
  request.set_shard(id.shard().value);
  request.mutable_wait()->set_id(id.value);
  ask_about(id, std::move(request), timeout);
}

void sim_client::ask_about(task_id id, wire::Request request, duration timeout) {
  ask(std::move(request), timeout,
      [this, id, memory = memory_losses_,
       changes = changes_answered(id)](const result<wire::Response>& answer) {
        if (memory == memory_losses_)
          record_task(id, answer, changes != changes_answered(id));
      });
}

void sim_client::record_task(task_id id, const result<wire::Response>& answer,
                             bool may_be_outdated) {
  if (answer && answer->has_task()) {
    const auto info = wire::read(answer->task());
    history_.record(task_observed{info, may_be_outdated});
    if (is_settled(info.state))
      open_.erase(id);
  } else if (!answer && is_missing(answer.error())) {
    history_.record(task_missing{id});
    if (deleting_.contains(id))
      open_.erase(id);
  }
}

void sim_client::ask(wire::Request request, duration timeout, response_callback on_response) {
  inbox_->push(
      request_call{std::move(request),
                   {},
                   timeout,
                   [this, on_response = std::move(on_response)](result<wire::Response> answer) {
                     if (world_.is_reclaiming())
                       return;
                     // Users know that a crash may undo what such an answer shows.
                     if (answer && !answer->unwritten_reason().empty())
                       answer = failure{errc::unavailable, answer->unwritten_reason()};
                     on_response(std::move(answer));
                   }});
}

} // namespace belfry::sim
