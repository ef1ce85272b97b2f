// What a client may ask about tasks, queues, schedules and the node.
#include "client/client_codec.hpp"
#include "client/client_impl.hpp"

#include "wire/codec.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace belfry {

namespace {

wire::Request task_request(task_id id, wire::TaskRef* (wire::Request::*field)()) {
  wire::Request request;
  request.set_shard(id.shard().value);
  (request.*field)()->set_id(id.value);
  return request;
}

wire::Request drain_request(const std::string& node, bool is_undrain) {
  wire::Request request;
  request.mutable_drain()->set_node(node);
  request.mutable_drain()->set_is_undrain(is_undrain);
  return request;
}

result<task_info> task_of(const result<wire::Response>& answer) {
  if (!answer)
    return answer.error();
  return wire::read(answer->task());
}

result<done> done_of(const result<wire::Response>& answer) {
  if (!answer)
    return answer.error();
  return done{};
}

} // namespace

std::vector<result<wire::Response>>
client::implementation::ask_each(std::vector<request_call> questions, const deadline& limit) {
  const auto waiting = std::make_shared<awaited<wire::Response>>(questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i) {
    questions[i].request_timeout = limit.remaining();
    questions[i].on_result = [waiting, i](result<wire::Response> how) {
      waiting->set(i, std::move(how));
    };
    inbox->push(std::move(questions[i]));
  }
  return waiting->take(limit.remaining());
}

result<wire::Response> client::implementation::ask(wire::Request request, const deadline& limit) {
  if (request.shard() >= shard_count)
    return failure{errc::not_found, "there is no shard " + std::to_string(request.shard()) +
                                        ": the node has " + std::to_string(shard_count)};
  return ask_for_schedule("", std::move(request), limit);
}

result<wire::Response> client::implementation::ask_for_schedule(std::string name,
                                                                wire::Request request,
                                                                const deadline& limit) {
  std::vector<request_call> one(1);
  one[0].request = std::move(request);
  one[0].schedule_name = std::move(name);
  return std::move(ask_each(std::move(one), limit).front());
}

result<std::vector<wire::Response>> client::implementation::ask_all(const wire::Request& request,
                                                                    const deadline& limit) {
  std::vector<request_call> questions(shard_count);
  for (std::uint32_t shard = 0; shard < shard_count; ++shard) {
    questions[shard].request = request;
    questions[shard].request.set_shard(shard);
  }
  std::vector<wire::Response> answers;
  for (auto& one : ask_each(std::move(questions), limit)) {
    if (!one)
      return one.error();
    answers.push_back(std::move(*one));
  }
  return answers;
}

result<done> client::implementation::for_each_page(const task_filter& filter, const deadline& limit,
                                                   const page_visitor& visit) {
  constexpr std::size_t page_max = 500;
  auto remaining = filter.count_max;
  wire::Request request;
  client_codec::write(filter, *request.mutable_list());
  for (std::uint32_t shard = 0; shard < shard_count && remaining > 0;) {
    request.set_shard(shard);
    request.mutable_list()->set_limit(static_cast<std::uint32_t>(std::min(remaining, page_max)));
    const auto answer = ask(request, limit);
    if (!answer)
      return answer.error();
    const auto& page = answer->list();
    if (const auto visited = visit(page); !visited)
      return visited.error();
    remaining -= std::min(remaining, static_cast<std::size_t>(page.tasks_size()));
    request.mutable_list()->set_after(page.is_end() ? 0 : page.next_after());
    if (page.is_end())
      ++shard;
  }
  return done{};
}

result<task_info> client::get(task_id id, duration timeout) {
  return task_of(impl_->ask(task_request(id, &wire::Request::mutable_get), deadline{timeout}));
}

result<task_info> client::wait(task_id id, duration timeout) {
  return task_of(impl_->ask(task_request(id, &wire::Request::mutable_wait), deadline{timeout}));
}

result<done> client::cancel(task_id id, duration timeout) {
  return done_of(impl_->ask(task_request(id, &wire::Request::mutable_cancel), deadline{timeout}));
}

result<done> client::requeue(task_id id, duration timeout) {
  return done_of(impl_->ask(task_request(id, &wire::Request::mutable_requeue), deadline{timeout}));
}

result<explanation> client::explain(task_id id, duration timeout) {
  const auto answer =
      impl_->ask(task_request(id, &wire::Request::mutable_explain), deadline{timeout});
  if (!answer)
    return answer.error();
  return client_codec::read(answer->explanation());
}

result<std::vector<task_info>> client::list(const task_filter& filter, duration timeout) {
  std::vector<task_info> tasks;
  const auto walked =
      impl_->for_each_page(filter, deadline{timeout}, [&](const wire::TaskList& page) {
        for (const auto& one : page.tasks())
          tasks.push_back(wire::read(one));
        return result<done>{done{}};
      });
  if (!walked)
    return walked.error();
  return tasks;
}

result<done> client::set_queue(const queue_change& change, duration timeout) {
  wire::Request request;
  client_codec::write(change, *request.mutable_set_queue());
  const auto answers = impl_->ask_all(request, deadline{timeout});
  if (!answers)
    return answers.error();
  return done{};
}

result<done> client::pause(const std::string& queue, duration timeout) {
  return set_queue({.queue = queue, .is_paused = true, .weight = {}, .level = {}}, timeout);
}

result<done> client::resume(const std::string& queue, duration timeout) {
  return set_queue({.queue = queue, .is_paused = false, .weight = {}, .level = {}}, timeout);
}

result<std::vector<queue_info>> client::queues(duration timeout) {
  wire::Request request;
  request.mutable_queues();
  const auto answers = impl_->ask_all(request, deadline{timeout});
  if (!answers)
    return answers.error();
  std::map<std::string, queue_info> merged;
  for (const auto& answer : *answers)
    for (const auto& one : answer.queues().queues())
      client_codec::merge(client_codec::read(one), merged);
  std::vector<queue_info> queues;
  for (auto& [name, one] : merged)
    queues.push_back(std::move(one));
  return queues;
}

result<done> client::put_schedule(const schedule_spec& spec, duration timeout) {
  wire::Request request;
  wire::write(spec, *request.mutable_put_schedule());
  return done_of(impl_->ask_for_schedule(spec.name, std::move(request), deadline{timeout}));
}

result<done> client::remove_schedule(const std::string& name, duration timeout) {
  wire::Request request;
  request.mutable_remove_schedule()->set_name(name);
  return done_of(impl_->ask_for_schedule(name, std::move(request), deadline{timeout}));
}

result<std::vector<schedule_info>> client::schedules(duration timeout) {
  wire::Request request;
  request.mutable_schedules();
  const auto answers = impl_->ask_all(request, deadline{timeout});
  if (!answers)
    return answers.error();
  std::vector<schedule_info> schedules;
  for (const auto& answer : *answers)
    for (const auto& one : answer.schedules().schedules())
      schedules.push_back(client_codec::read(one));
  std::sort(schedules.begin(), schedules.end(),
            [](const auto& a, const auto& b) { return a.spec.name < b.spec.name; });
  return schedules;
}

result<node_status> client::status(duration timeout) {
  wire::Request request;
  request.mutable_status();
  const auto answer = impl_->ask(std::move(request), deadline{timeout});
  if (!answer)
    return answer.error();
  return client_codec::read(answer->status());
}

result<cluster_info> client::cluster(duration timeout) {
  wire::Request request;
  request.mutable_cluster();
  const auto answer = impl_->ask(std::move(request), deadline{timeout});
  if (!answer)
    return answer.error();
  return client_codec::read(answer->cluster());
}

result<done> client::drain(const std::string& node, duration timeout) {
  return done_of(impl_->ask(drain_request(node, false), deadline{timeout}));
}

result<done> client::undrain(const std::string& node, duration timeout) {
  return done_of(impl_->ask(drain_request(node, true), deadline{timeout}));
}

} // namespace belfry
