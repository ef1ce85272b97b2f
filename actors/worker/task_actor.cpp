#include "worker/task_actor.hpp"

#include "belfry/contract.hpp"
#include "belfry/coverage_probe.hpp"
#include "belfry/handler.hpp"

#include "base/io_thread_actor.hpp"
#include "os/handlers/executor.hpp"
#include "worker/run_completion.hpp"
#include "worker/task_outcome.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/unit.hpp>

#include <spdlog/spdlog.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace belfry {

namespace {

coverage_probe run_started_late{
    "a run is sent to a task actor before its worker stalls, and read after"};

using kill_due_atom = caf::atom_constant<caf::atom("kill_due")>;

/// Converts an exception of a user's actor; keeps the text.
caf::error error_of(std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    return caf::make_error(caf::sec::runtime_error, exception.what());
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error, "the exception is not a std::exception");
  }
}

/// Passes on what the grant says of where the task comes from: of most, nothing.
void set_origin(run_control& control, wire::Run& run) {
  if (run.queue().empty() && run.key().empty() && run.schedule().empty())
    return;
  run_origin origin;
  if (!run.queue().empty())
    origin.queue = std::move(*run.mutable_queue());
  origin.key = std::move(*run.mutable_key());
  origin.schedule = std::move(*run.mutable_schedule());
  if (run.has_nominal_ms())
    origin.scheduled_for = instant_of_ms(run.nominal_ms());
  control.set_origin(std::move(origin));
}

/// What a task actor does with its messages: one method per message. Owned by one actor.
class task_actor_state {
public:
  task_actor_state(caf::event_based_actor* self, task_actor_options options)
      : self_(self), options_(std::move(options)) {
    self_->monitor(options_.worker);
  }

  task_actor_state(const task_actor_state&) = delete;
  task_actor_state& operator=(const task_actor_state&) = delete;

  ~task_actor_state() {
    if (run_)
      run_->completion->control().cancel();
    if (run_ && run_->child)
      caf::anon_send_exit(run_->child, caf::exit_reason::kill);
    for (const auto* children : {&exiting_, &overdue_}) {
      for (const auto& child : *children)
        caf::anon_send_exit(child, caf::exit_reason::kill);
    }
  }

  void start(start_run& request) {
    expects(!run_ || run_->completion->is_completed(), "task: gets one run at a time");
    run_.emplace(current_run{.completion = std::move(request.completion)});
    const auto now = self_->clock().now();
    if (now > request.start_deadline) {
      run_started_late.hit();
      return run_->completion->complete_not_started();
    }
    if (options_.actor_kinds) {
      const auto found = options_.actor_kinds->find(request.run.kind());
      if (found != options_.actor_kinds->end()) {
        if (!run_->completion->control().begin(now.time_since_epoch()))
          return run_->completion->complete_not_started();
        return spawn_child(found->second, request.run);
      }
    }
    try {
      execute(request.run);
    } catch (const std::bad_alloc&) { // Then the executor does not have the run.
      run_->completion->complete(run_result::not_started("memory", "cannot allocate memory"),
                                 false);
    }
  }

  void announce(const announce_stop& request) {
    if (!is_current(request.key))
      return;
    run_->completion->control().set_stopping();
    notify_child();
  }

  void stop(const stop_run& request) {
    if (!is_current(request.key))
      return;
    run_->completion->request_stop(request.cause);
    if (run_->child)
      self_->send_exit(run_->child, caf::exit_reason::user_shutdown);
  }

  void abandon(const abandon_run& request) {
    if (!is_current(request.key))
      return;
    run_->completion->control().cancel();
    if (run_->child) {
      if (!run_->completion->complete_abandoned())
        return;
      self_->send_exit(run_->child, caf::exit_reason::kill);
      return dismiss_child();
    }
    // This completes a run that no thread has begun: it has not started, and not failed.
    const auto abandoned = options_.run_executor->abandon(control_of(run_->completion));
    if (run_->completion->complete_abandoned())
      spdlog::warn("task.handler_abandoned task={} token={} abandoned_handlers={}",
                   to_string(request.key.task), request.key.token.value, abandoned);
  }

  void on_progress(std::string& text) {
    if (is_from_child())
      run_->completion->control().set_progress(std::move(text));
  }

  void on_save_progress(std::string& progress) {
    if (!is_from_child())
      return;
    const auto saved = run_->completion->control().save_progress(std::move(progress));
    if (!saved)
      on_answer(run_->completion->key(),
                run_result::failed(progress_too_large, saved.error().what));
  }

  void on_notify_stop() {
    if (!is_from_child())
      return;
    run_->wants_notice = true;
    notify_child();
  }

  void on_actor_down(const caf::down_msg& down) {
    if (down.source == options_.worker)
      return self_->quit();
    for (auto* children : {&exiting_, &overdue_})
      std::erase_if(*children, [&](const caf::actor& child) { return child == down.source; });
    if (!run_ || !run_->child || run_->child != down.source)
      return;
    const bool is_normal = !down.reason || down.reason == caf::exit_reason::normal;
    if (run_->is_answer_lost && down.reason == caf::exit_reason::kill)
      return on_answer(run_->completion->key(),
                       failure_of(self_->system(), caf::sec::request_receiver_down));
    on_answer(run_->completion->key(),
              is_normal ? run_result::success() : failure_of(self_->system(), down.reason));
  }

  void on_kill_due() {
    for (const auto& child : overdue_)
      self_->send_exit(child, caf::exit_reason::kill);
    overdue_ = std::exchange(exiting_, {});
    is_kill_scheduled_ = false;
    if (!overdue_.empty())
      request_kill();
  }

private:
  struct current_run {
    std::shared_ptr<run_completion> completion;
    caf::actor child{};          // The user's actor; null: a handler runs it.
    caf::message_id answer{};    // Of the child.
    bool is_answer_lost = false; // The child died, or the actor that it delegated to.
    bool wants_notice = false;   // The child is told once when the worker stops.
  };

  /// Shares the ownership of `completion`.
  [[nodiscard]] static std::shared_ptr<run_control>
  control_of(const std::shared_ptr<run_completion>& completion) {
    return {completion, &completion->control()};
  }

  [[nodiscard]] bool is_current(const run_key& key) const {
    return run_ && run_->completion->key() == key && !run_->completion->is_completed();
  }

  [[nodiscard]] bool is_from_child() const {
    return run_ && run_->child && self_->current_sender() == run_->child;
  }

  void notify_child() {
    if (run_->completion->control().is_stopping() && std::exchange(run_->wants_notice, false))
      self_->send(run_->child, stopping_atom::value);
  }

  void execute(wire::Run& run) {
    if (!options_.run_executor)
      return on_answer(run_->completion->key(), run_result::failed("unknown_kind", run.kind()));
    const auto& completion = run_->completion;
    run::facts facts{completion->key().task,
                     completion->key().token,
                     run.attempt(),
                     std::move(*run.mutable_kind()),
                     std::move(*run.mutable_payload()),
                     duration{run.timeout_ms()},
                     run.is_last_attempt()};
    set_origin(completion->control(), run);
    if (!run.previous_progress().empty())
      completion->control().set_previous_progress(std::move(*run.mutable_previous_progress()));
    options_.run_executor->execute(
        std::move(facts), control_of(completion), [completion](run_result result) {
          completion->complete(std::move(result), completion->control().has_observed_cancel());
        });
  }

  void spawn_child(const task_behavior& behavior, wire::Run& run) {
    run_->child = self_->spawn<caf::monitored>([behavior](caf::event_based_actor* child) {
      child->set_exception_handler(error_of);
      try {
        return behavior(child);
      } catch (...) {
        auto thrown = std::current_exception();
        child->quit(error_of(thrown));
        return caf::behavior{};
      }
    });
    const auto key = run_->completion->key();
    auto& control = run_->completion->control();
    set_origin(control, run);
    task_input input{key.task,
                     key.token,
                     run.attempt(),
                     std::move(*run.mutable_kind()),
                     std::move(*run.mutable_payload()),
                     std::move(*run.mutable_previous_progress()),
                     run.is_last_attempt(),
                     control.origin(),
                     control.deadline()};
    const auto request =
        self_->request(run_->child, caf::infinite, run_atom::value, std::move(input));
    run_->answer = request.id();
    // `then` accepts one type of answer only.
    self_->add_multiplexed_response_handler(
        run_->answer,
        caf::behavior{
            [this, key](std::string& output) {
              on_answer(key, run_result::success(std::move(output)));
            },
            [this, key](const snoozed& answer) {
              on_answer(key, run_result::snoozed_for(answer.delay));
            },
            [this, key](const interrupted&) { on_answer(key, run_result::interrupted()); },
            [this, key](caf::unit_t) { on_answer(key, run_result::success()); },
            [this, key] { on_answer(key, run_result::success()); },
            [this, key](const caf::error& error) { on_error(key, error); },
        });
  }

  void on_error(const run_key& key, const caf::error& error) {
    if (!is_current(key))
      return;
    if (error != caf::sec::request_receiver_down)
      return on_answer(key, failure_of(self_->system(), error));
    // The child is dead, or the actor that it delegated to. Its exit reason says more.
    run_->is_answer_lost = true;
    self_->send_exit(run_->child, caf::exit_reason::kill);
  }

  void on_answer(const run_key& key, run_result result) {
    if (!is_current(key))
      return;
    run_->completion->complete(std::move(result), true);
    if (run_->child)
      dismiss_child();
  }

  void dismiss_child() {
    // In place of an answer that has not arrived, so that the handler for it is removed.
    self_->enqueue(nullptr, run_->answer,
                   caf::make_message(caf::make_error(caf::sec::request_timeout)), self_->context());
    self_->send_exit(run_->child, caf::exit_reason::user_shutdown);
    exiting_.push_back(std::move(run_->child));
    request_kill();
  }

  void request_kill() {
    if (!std::exchange(is_kill_scheduled_, true))
      self_->delayed_send(self_, options_.grace, kill_due_atom::value);
  }

  caf::event_based_actor* self_;
  const task_actor_options options_;
  std::optional<current_run> run_;
  std::vector<caf::actor> exiting_; // Users' actors whose runs have ended.
  std::vector<caf::actor> overdue_; // Those of them that are killed when the next kill is due.
  bool is_kill_scheduled_ = false;
};

void set_handlers(caf::event_based_actor* self, task_actor_state* state) {
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler([state](caf::down_msg& down) { state->on_actor_down(down); });
}

caf::behavior task_actor(caf::event_based_actor* self, const task_actor_options& options) {
  const auto owned = std::make_shared<task_actor_state>(self, options);
  // The first handler owns the state, the others only refer to it.
  auto* state = owned.get();
  set_handlers(self, state);
  return {
      [owned](start_run& request) { owned->start(request); },
      [state](const announce_stop& request) { state->announce(request); },
      [state](const stop_run& request) { state->stop(request); },
      [state](const abandon_run& request) { state->abandon(request); },
      [state](progress_atom, std::string& text) { state->on_progress(text); },
      [state](save_progress_atom, std::string& progress) { state->on_save_progress(progress); },
      [state](notify_stop_atom) { state->on_notify_stop(); },
      [state](kill_due_atom) { state->on_kill_due(); },
  };
}

} // namespace

caf::actor spawn_task_actor(caf::actor_system& system, task_actor_options options) {
  const auto on_io_thread = options.runs_on_io_thread;
  return spawn_on_io_thread(system, on_io_thread, [options = std::move(options)](auto* self) {
    return task_actor(self, options);
  });
}

} // namespace belfry
