#include "client/blocking_client.hpp"

#include "base/foreign_thread_scope.hpp"
#include "client/bulk_requests.hpp"
#include "client/client_actor.hpp"
#include "client/client_codec.hpp"
#include "link/client_transport.hpp"

#include "os/entropy.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace belfry::internal {

namespace {

/// Adds what became of one task; a failure that is not about the task itself ends the whole.
result<done> count(const result<wire::Response>& answer, bulk_outcome& outcome) {
  if (answer) {
    ++outcome.changed;
    return done{};
  }
  const auto& error = answer.error();
  if (error.code != errc::wrong_state && error.code != errc::not_found &&
      error.code != errc::forgotten)
    return error;
  if (outcome.refused++ == 0)
    outcome.first_refusal = error.what;
  return done{};
}

} // namespace

blocking_client::blocking_client(std::vector<node_address> addresses, duration connect_timeout,
                                 std::shared_ptr<const transport_credentials> credentials)
    : system_(config_), transport_(spawn_transport(
                            system_, {connect_timeout, is_cancelled_, std::move(credentials)})) {
  client_options options;
  options.addresses = std::move(addresses);
  options.seed = entropy_seed();
  options.transport = transport_;
  options.connect_timeout = connect_timeout;
  options.inbox = inbox_;
  actor_ = spawn_client(system_, std::move(options));
  // Another thread may end the system.
  const foreign_thread_scope leaving;
}

blocking_client::~blocking_client() {
  close();
}

void blocking_client::close() {
  *is_cancelled_ = true;
  caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(transport_, caf::exit_reason::user_shutdown);
}

result<done> blocking_client::wait_until_ready(const deadline& limit) {
  const auto pending = std::make_shared<pending_results<std::uint32_t>>();
  inbox_->push(
      ready_call{[pending](result<std::uint32_t> shards) { pending->set(0, std::move(shards)); }});
  const auto shards = pending->wait(limit.remaining()).front();
  if (!shards)
    return shards.error();
  shard_count_ = *shards;
  return done{};
}

std::vector<result<wire::Response>> blocking_client::ask_each(std::vector<request_call> requests,
                                                              const deadline& limit) {
  const auto pending = std::make_shared<pending_results<wire::Response>>(requests.size());
  const auto group = new_group();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].schedule_name.empty() && requests[i].request.shard() >= shard_count_) {
      pending->set(i, no_shard(requests[i].request.shard()));
      continue;
    }
    requests[i].request_timeout = limit.remaining();
    requests[i].group = group;
    requests[i].on_result = [pending, i](result<wire::Response> answer) {
      pending->set(i, std::move(answer));
    };
    inbox_->push(std::move(requests[i]));
  }
  auto answers = wait_for(*pending, group, limit);
  note_unwritten(answers);
  return answers;
}

void blocking_client::note_unwritten(const std::vector<result<wire::Response>>& answers) {
  for (const auto& answer : answers) {
    if (!answer || answer->unwritten_reason().empty())
      continue;
    const std::lock_guard guard{mutex_};
    unwritten_reason_ = answer->unwritten_reason();
  }
}

std::optional<std::string> blocking_client::take_unwritten_reason() {
  const std::lock_guard guard{mutex_};
  return std::exchange(unwritten_reason_, std::nullopt);
}

result<wire::Response> blocking_client::ask(wire::Request request, const deadline& limit) {
  return ask_for_schedule("", std::move(request), limit);
}

void blocking_client::ask_async(wire::Request request, duration timeout,
                                std::function<void(result<wire::Response>)> on_answer) {
  if (request.shard() >= shard_count_)
    return on_answer(no_shard(request.shard()));
  inbox_->push(request_call{.request = std::move(request),
                            .schedule_name = {},
                            .request_timeout = timeout,
                            .on_result = std::move(on_answer),
                            .group = new_group()}); // Not given up with others.
}

failure blocking_client::no_shard(std::uint32_t shard) const {
  return {errc::not_found, "there is no shard " + std::to_string(shard) + ": the node has " +
                               std::to_string(shard_count_)};
}

result<wire::Response> blocking_client::ask_for_schedule(std::string name, wire::Request request,
                                                         const deadline& limit) {
  std::vector<request_call> requests(1);
  requests[0].request = std::move(request);
  requests[0].schedule_name = std::move(name);
  return std::move(ask_each(std::move(requests), limit).front());
}

result<std::vector<wire::Response>> blocking_client::ask_all(const wire::Request& request,
                                                             const deadline& limit) {
  std::vector<request_call> requests(shard_count_);
  for (std::uint32_t shard = 0; shard < shard_count_; ++shard) {
    requests[shard].request = request;
    requests[shard].request.set_shard(shard);
  }
  std::vector<wire::Response> answers;
  for (auto& answer : ask_each(std::move(requests), limit)) {
    if (!answer)
      return answer.error();
    answers.push_back(std::move(*answer));
  }
  return answers;
}

result<done> blocking_client::for_each_page(const task_filter& filter, const deadline& limit,
                                            const page_visitor& visit, bool wants_specs) {
  constexpr std::size_t page_max = 500;
  auto remaining = filter.count_max;
  wire::Request request;
  client_codec::write(filter, *request.mutable_list());
  request.mutable_list()->set_after(filter.after.value);
  request.mutable_list()->set_wants_specs(wants_specs);
  for (std::uint32_t shard = filter.after.shard().value; shard < shard_count_ && remaining > 0;) {
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

result<bulk_outcome> blocking_client::apply_to_all(const task_filter& filter,
                                                   const task_request_writer& write,
                                                   const deadline& limit,
                                                   const bulk_progress& on_progress) {
  bulk_outcome outcome;
  wire::ListTasks written;
  client_codec::write(filter, written);
  const auto walked = for_each_page(filter, limit, [&](const wire::TaskList& page) -> result<done> {
    auto requests = requests_for(page, written, write);
    outcome.matched += requests.size();
    for (const auto& answer : ask_each(std::move(requests), limit))
      if (const auto counted = count(answer, outcome); !counted)
        return counted;
    if (on_progress)
      on_progress(outcome);
    return done{};
  });
  if (!walked)
    return walked.error();
  return outcome;
}

} // namespace belfry::internal
