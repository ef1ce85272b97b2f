// Commands of the user that change tasks that wait, delete tasks, and pause or trigger schedules.
#include "scenario/sim_client.hpp"
#include "wire/codec.hpp"
#include "wire/shard_of.hpp"

namespace belfry::sim {

namespace {

/// So long that the client repeats a command whose answer is lost, under its number, until the
/// server has recovered from any fault.
constexpr duration command_timeout{600'000};

} // namespace

void sim_client::send_change(const change_requested& wanted) {
  const auto id = wanted.id;
  if (!may_change_ || changing_.contains(id) || unknown_.contains(id) || deleted_.contains(id))
    return;
  wire::Request request;
  request.set_shard(id.shard().value);
  request.mutable_change()->set_id(id.value);
  request.mutable_change()->set_is_deleted(wanted.is_deleted);
  if (!wanted.is_deleted)
    wire::write(wanted.change, *request.mutable_change()->mutable_change());
  changing_.insert(id);
  if (wanted.is_deleted)
    deleting_.insert(id);
  history_.record(wanted);
  ask(std::move(request), command_timeout,
      [this, wanted, memory = memory_losses_](const result<wire::Response>& answer) {
        if (memory == memory_losses_)
          finish_change(wanted, answer);
      });
}

void sim_client::finish_change(const change_requested& wanted,
                               const result<wire::Response>& answer) {
  const auto id = wanted.id;
  changing_.erase(id);
  if (!answer &&
      (answer.error().code == errc::timed_out || answer.error().code == errc::unavailable)) {
    unknown_.insert(id);
    return;
  }
  ++changes_answered_[id];
  history_.record(change_answered{id, answer.ok()});
  if (!answer && is_missing(answer.error()))
    history_.record(task_missing{id});
  if (!wanted.is_deleted)
    return;
  if (!answer) {
    deleting_.erase(id);
    return;
  }
  deleted_.insert(id);
  open_.erase(id);
}

std::uint64_t sim_client::changes_answered(task_id id) const {
  const auto found = changes_answered_.find(id);
  return found == changes_answered_.end() ? 0 : found->second;
}

void sim_client::fetch_deleted(std::size_t count_max) {
  for (auto next = deleted_.rbegin(); next != deleted_.rend() && count_max > 0; ++next, --count_max)
    fetch_task(*next);
}

void sim_client::set_schedule_paused(const std::string& name, bool is_paused,
                                     std::function<void()> on_done) {
  const auto command =
      is_paused ? schedule_commanded::action::pause : schedule_commanded::action::resume;
  wire::Request request;
  request.set_shard(wire::shard_of_schedule(name, setup_.shards));
  request.mutable_change_schedule()->set_name(name);
  request.mutable_change_schedule()->set_is_paused(is_paused);
  history_.record(schedule_commanded{name, command, false});
  ask(std::move(request), command_timeout,
      [this, name, is_paused, command, memory = memory_losses_,
       on_done = std::move(on_done)](const result<wire::Response>& answer) {
        if (!answer && answer.error().code != errc::not_found) {
          world_.after(std::chrono::seconds{1}, [this, name, is_paused, on_done] {
            set_schedule_paused(name, is_paused, on_done);
          });
          return;
        }
        if (answer && memory == memory_losses_)
          history_.record(schedule_commanded{name, command, true});
        on_done();
      });
}

void sim_client::trigger_schedule(const std::string& name) {
  wire::Request request;
  request.set_shard(wire::shard_of_schedule(name, setup_.shards));
  request.mutable_change_schedule()->set_name(name);
  request.mutable_change_schedule()->set_is_triggered(true);
  history_.record(schedule_commanded{name, schedule_commanded::action::trigger, false});
  ask(std::move(request), command_timeout,
      [this, name, memory = memory_losses_](const result<wire::Response>& answer) {
        if (answer && memory == memory_losses_)
          history_.record(schedule_commanded{name, schedule_commanded::action::trigger, true});
      });
}

} // namespace belfry::sim
