#include "worker/task.hpp"

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
#include <optional>
#include <utility>
#include <vector>

namespace belfry {

namespace {

coverage_probe run_started_late{"a run is ordered before its worker stands still, and read after"};

using kill_overdue_atom = caf::atom_constant<caf::atom("killlate")>;

/// What a throw in a user's actor is to its task: an error that keeps the text.
caf::error error_of(std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& what) {
    return caf::make_error(caf::sec::runtime_error, what.what());
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error, "what was thrown is no std::exception");
  }
}

/// What a task actor does with its messages: one method per message. Held by one actor.
class task_actor_state {
public:
  task_actor_state(caf::event_based_actor* self, task_options options)
      : self_(self), options_(std::move(options)) {
    self_->monitor(options_.worker);
  }

  task_actor_state(const task_actor_state&) = delete;
  task_actor_state& operator=(const task_actor_state&) = delete;

  ~task_actor_state() {
    if (run_)
      run_->end->control().cancel();
    if (run_ && run_->child)
      caf::anon_send_exit(run_->child, caf::exit_reason::kill);
    for (const auto* some : {&exiting_, &overdue_}) {
      for (const auto& one : *some)
        caf::anon_send_exit(one, caf::exit_reason::kill);
    }
  }

  void start(start_run& what) {
    expects(!run_ || run_->end->is_completed(), "task: is ordered one run at a time");
    run_.emplace(current_run{std::move(what.end), {}, {}, false});
    if (self_->clock().now() > what.start_deadline) {
      run_started_late.hit();
      return run_->end->complete_not_started();
    }
    if (options_.actor_kinds) {
      const auto found = options_.actor_kinds->find(what.run.kind());
      if (found != options_.actor_kinds->end())
        return spawn_child(found->second, what.run);
    }
    execute(what.run);
  }

  void stop(const stop_run& what) {
    if (!is_current(what.key))
      return;
    run_->end->request_stop(what.cause);
    if (run_->child)
      self_->send_exit(run_->child, caf::exit_reason::user_shutdown);
  }

  void abandon(const abandon_run& what) {
    if (!is_current(what.key))
      return;
    run_->end->control().cancel();
    if (!run_->end->complete_abandoned())
      return;
    if (run_->child) {
      self_->send_exit(run_->child, caf::exit_reason::kill);
      return dismiss_child();
    }
    const auto still_there = options_.run_executor->abandon(control_of(run_->end));
    spdlog::warn("task.handler_abandoned task={} token={} abandoned_handlers={}",
                 to_string(what.key.task), what.key.token.value, still_there);
  }

  void on_progress(std::string& text) {
    if (run_ && run_->child && self_->current_sender() == run_->child)
      run_->end->control().set_progress(std::move(text));
  }

  void on_actor_down(const caf::down_msg& down) {
    if (down.source == options_.worker)
      return self_->quit();
    for (auto* some : {&exiting_, &overdue_})
      std::erase_if(*some, [&](const caf::actor& one) { return one == down.source; });
    if (!run_ || !run_->child || run_->child != down.source)
      return;
    const bool is_normal = !down.reason || down.reason == caf::exit_reason::normal;
    if (run_->is_answer_lost && down.reason == caf::exit_reason::kill)
      return answered(run_->end->key(),
                      failure_of(self_->system(), caf::sec::request_receiver_down));
    answered(run_->end->key(),
             is_normal ? run_result::success() : failure_of(self_->system(), down.reason));
  }

  void kill_overdue() {
    for (const auto& one : overdue_)
      self_->send_exit(one, caf::exit_reason::kill);
    overdue_ = std::exchange(exiting_, {});
    is_kill_scheduled_ = false;
    if (!overdue_.empty())
      request_kill();
  }

private:
  struct current_run {
    std::shared_ptr<run_completion> end;
    caf::actor child;            // The user's actor; empty: a handler.
    caf::message_id answer;      // Of the child.
    bool is_answer_lost = false; // None will come.
  };

  /// What of `end` its handler sees.
  [[nodiscard]] static std::shared_ptr<run_control>
  control_of(const std::shared_ptr<run_completion>& end) {
    return {end, &end->control()};
  }

  [[nodiscard]] bool is_current(const run_key& key) const {
    return run_ && run_->end->key() == key && !run_->end->is_completed();
  }

  void execute(wire::Run& what) {
    if (!options_.run_executor)
      return answered(run_->end->key(), run_result::failed("unknown_kind", what.kind()));
    const auto& end = run_->end;
    run::facts known{end->key().task,
                     end->key().token,
                     what.attempt(),
                     std::move(*what.mutable_kind()),
                     std::move(*what.mutable_payload()),
                     duration{what.timeout_ms()}};
    options_.run_executor->execute(std::move(known), control_of(end), [end](run_result how) {
      end->complete(std::move(how), end->control().has_observed_cancel());
    });
  }

  void spawn_child(const task_behavior& behavior, wire::Run& what) {
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
    const auto key = run_->end->key();
    task_input input{key.task, key.token, what.attempt(), std::move(*what.mutable_kind()),
                     std::move(*what.mutable_payload())};
    const auto request =
        self_->request(run_->child, caf::infinite, run_atom::value, std::move(input));
    run_->answer = request.id();
    // `then` would take one kind of answer only.
    self_->add_multiplexed_response_handler(
        run_->answer, caf::behavior{
                          [this, key](std::string& output) {
                            answered(key, run_result::success(std::move(output)));
                          },
                          [this, key](const snoozed& wish) {
                            answered(key, run_result::snoozed_for(wish.delay));
                          },
                          [this, key](caf::unit_t) { answered(key, run_result::success()); },
                          [this, key] { answered(key, run_result::success()); },
                          [this, key](const caf::error& why) { refused(key, why); },
                      });
  }

  void refused(const run_key& key, const caf::error& why) {
    if (!is_current(key))
      return;
    if (why != caf::sec::request_receiver_down)
      return answered(key, failure_of(self_->system(), why));
    // The child is dead, or whoever it has delegated to: what ended it says more.
    run_->is_answer_lost = true;
    self_->send_exit(run_->child, caf::exit_reason::kill);
  }

  void answered(const run_key& key, run_result how) {
    if (!is_current(key))
      return;
    run_->end->complete(std::move(how), true);
    if (run_->child)
      dismiss_child();
  }

  void dismiss_child() {
    // Should no answer have come, this stands in for it: nothing waits for it any longer.
    self_->enqueue(nullptr, run_->answer,
                   caf::make_message(caf::make_error(caf::sec::request_timeout)), self_->context());
    self_->send_exit(run_->child, caf::exit_reason::user_shutdown);
    exiting_.push_back(std::move(run_->child));
    request_kill();
  }

  void request_kill() {
    if (!std::exchange(is_kill_scheduled_, true))
      self_->delayed_send(self_, options_.grace, kill_overdue_atom::value);
  }

  caf::event_based_actor* self_;
  const task_options options_;
  std::optional<current_run> run_;
  std::vector<caf::actor> exiting_; // Users' actors whose runs are over.
  std::vector<caf::actor> overdue_; // Those of them that are killed when the next kill is due.
  bool is_kill_scheduled_ = false;
};

void set_handlers(caf::event_based_actor* self, task_actor_state* state) {
  self->set_error_handler([](caf::error&) {});
  self->set_default_handler(caf::drop);
  self->set_down_handler([state](caf::down_msg& down) { state->on_actor_down(down); });
}

caf::behavior task_actor(caf::event_based_actor* self, const task_options& options) {
  const auto owned = std::make_shared<task_actor_state>(self, options);
  // The behaviour owns the state, the handlers only look at it.
  auto* state = owned.get();
  set_handlers(self, state);
  return {
      [owned](start_run& what) { owned->start(what); },
      [state](const stop_run& what) { state->stop(what); },
      [state](const abandon_run& what) { state->abandon(what); },
      [state](progress_atom, std::string& text) { state->on_progress(text); },
      [state](kill_overdue_atom) { state->kill_overdue(); },
  };
}

} // namespace

caf::actor spawn_task(caf::actor_system& system, task_options options) {
  const auto is_beside = options.runs_on_io_thread;
  return spawn_on_io_thread(
      system, is_beside, [how = std::move(options)](auto* self) { return task_actor(self, how); });
}

} // namespace belfry
