#include "client/blocking_client.hpp"
#include "client/client_codec.hpp"

#include "wire/codec.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace belfry {

namespace {

using task_field = wire::TaskRef* (wire::Request::*)();

wire::Request request_for(task_id id, task_field field) {
  wire::Request request;
  request.set_shard(id.shard().value);
  (request.*field)()->set_id(id.value);
  return request;
}

void write_removal(wire::Request& to, task_id id) {
  to.mutable_change()->set_id(id.value);
  to.mutable_change()->set_is_deleted(true);
}

result<task_info> task_of(const result<wire::Response>& answer) {
  return answer.transform([](const auto& response) { return wire::read(response.task()); });
}

std::vector<task_state> open_states() {
  return {task_state::scheduled, task_state::ready, task_state::reserved, task_state::running};
}

} // namespace

result<task_info> task_client::get(task_id id, duration timeout) const {
  return task_of(
      client_->ask(request_for(id, &wire::Request::mutable_get), internal::deadline{timeout}));
}

result<task_info> task_client::wait(task_id id, duration timeout) const {
  return task_of(
      client_->ask(request_for(id, &wire::Request::mutable_wait), internal::deadline{timeout}));
}

std::vector<result<task_info>> task_client::wait_all(const std::vector<task_id>& ids,
                                                     duration timeout) const {
  std::vector<request_call> waits(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    waits[i].request = request_for(ids[i], &wire::Request::mutable_wait);
  std::vector<result<task_info>> outcomes;
  outcomes.reserve(ids.size());
  for (const auto& answer : client_->ask_each(std::move(waits), internal::deadline{timeout}))
    outcomes.push_back(task_of(answer));
  return outcomes;
}

void task_client::wait_async(task_id id, std::function<void(result<task_info>)> on_settled) const {
  constexpr duration no_limit{std::chrono::hours{24 * 366}};
  client_->ask_async(request_for(id, &wire::Request::mutable_wait), no_limit,
                     [on_settled = std::move(on_settled)](const result<wire::Response>& answer) {
                       on_settled(task_of(answer));
                     });
}

result<explanation> task_client::explain(task_id id, duration timeout) const {
  return client_->ask(request_for(id, &wire::Request::mutable_explain), internal::deadline{timeout})
      .transform([](const auto& answer) { return client_codec::read(answer.explanation()); });
}

result<done> task_client::cancel(task_id id, duration timeout) const {
  return client_->ask(request_for(id, &wire::Request::mutable_cancel), internal::deadline{timeout})
      .transform([](const auto&) {});
}

result<done> task_client::requeue(task_id id, duration timeout) const {
  return client_->ask(request_for(id, &wire::Request::mutable_requeue), internal::deadline{timeout})
      .transform([](const auto&) {});
}

result<done> task_client::change(task_id id, const task_change& change, duration timeout) const {
  wire::Request request;
  request.set_shard(id.shard().value);
  auto& to = *request.mutable_change();
  to.set_id(id.value);
  wire::write(change, *to.mutable_change());
  return client_->ask(std::move(request), internal::deadline{timeout}).transform([](const auto&) {
  });
}

result<done> task_client::remove(task_id id, duration timeout) const {
  wire::Request request;
  request.set_shard(id.shard().value);
  write_removal(request, id);
  return client_->ask(std::move(request), internal::deadline{timeout}).transform([](const auto&) {
  });
}

result<std::vector<task_info>> task_client::list(const task_filter& filter,
                                                 duration timeout) const {
  std::vector<task_info> tasks;
  const auto read_page = [&](const wire::TaskList& page) -> result<done> {
    for (const auto& task : page.tasks())
      tasks.push_back(wire::read(task));
    return done{};
  };
  return client_->for_each_page(filter, internal::deadline{timeout}, read_page)
      .transform([&](done) { return std::move(tasks); });
}

result<std::vector<task_with_spec>> task_client::list_with_specs(task_filter filter,
                                                                 duration timeout) const {
  filter.states = open_states();
  std::vector<task_with_spec> tasks;
  const auto read_page = [&](const wire::TaskList& page) -> result<done> {
    for (const auto& task : page.tasks()) {
      if (!task.has_spec())
        return failure{errc::unavailable,
                       "the node is of an earlier version, which cannot export tasks"};
      tasks.push_back({wire::read(task), wire::read(task.spec())});
    }
    return done{};
  };
  return client_->for_each_page(filter, internal::deadline{timeout}, read_page, true)
      .transform([&](done) { return std::move(tasks); });
}

result<bulk_outcome> task_client::cancel_all(task_filter filter, duration timeout,
                                             const bulk_progress& on_progress) const {
  if (filter.states.empty())
    filter.states = open_states();
  return client_->apply_to_all(
      filter, [](wire::Request& to, task_id id) { to.mutable_cancel()->set_id(id.value); },
      internal::deadline{timeout}, on_progress);
}

result<bulk_outcome> task_client::requeue_all(task_filter filter, duration timeout,
                                              const bulk_progress& on_progress) const {
  filter.states = {task_state::dead};
  return client_->apply_to_all(
      filter, [](wire::Request& to, task_id id) { to.mutable_requeue()->set_id(id.value); },
      internal::deadline{timeout}, on_progress);
}

result<bulk_outcome> task_client::remove_all(task_filter filter, duration timeout,
                                             const bulk_progress& on_progress) const {
  if (filter.states.empty())
    filter.states = {task_state::dead};
  return client_->apply_to_all(filter, write_removal, internal::deadline{timeout}, on_progress);
}

} // namespace belfry
