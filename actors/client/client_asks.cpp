// What a client may ask about tasks, queues, schedules and the node.
#include "client/client_parts.hpp"
#include "client/client_words.hpp"

#include "wire/codec.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace belfry {

namespace {

wire::Request about_task(task_id id, wire::TaskRef* (wire::Request::*field)()) {
  wire::Request about;
  about.set_shard(id.shard().value);
  (about.*field)()->set_id(id.value);
  return about;
}

result<task_info> task_of(const result<wire::Answer>& answer) {
  if (!answer)
    return answer.error();
  return wire::read(answer->task());
}

result<done> done_of(const result<wire::Answer>& answer) {
  if (!answer)
    return answer.error();
  return done{};
}

} // namespace

std::vector<result<wire::Answer>> client::parts::ask_these(std::vector<ask_call> questions,
                                                           const time_limit& limit) {
  const auto waiting = std::make_shared<awaited<wire::Answer>>(questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i) {
    questions[i].patience = limit.left();
    questions[i].answered = [waiting, i](result<wire::Answer> how) {
      waiting->set(i, std::move(how));
    };
    inbox->push(std::move(questions[i]));
  }
  return waiting->take(limit.left());
}

result<wire::Answer> client::parts::ask(wire::Request about, const time_limit& limit) {
  if (about.shard() >= shard_count)
    return failure{errc::not_found, "there is no shard " + std::to_string(about.shard()) +
                                        ": the node has " + std::to_string(shard_count)};
  return ask_for_schedule("", std::move(about), limit);
}

result<wire::Answer> client::parts::ask_for_schedule(std::string name, wire::Request about,
                                                     const time_limit& limit) {
  std::vector<ask_call> one(1);
  one[0].about = std::move(about);
  one[0].route = std::move(name);
  return std::move(ask_these(std::move(one), limit).front());
}

result<std::vector<wire::Answer>> client::parts::ask_all(const wire::Request& about,
                                                         const time_limit& limit) {
  std::vector<ask_call> questions(shard_count);
  for (std::uint32_t shard = 0; shard < shard_count; ++shard) {
    questions[shard].about = about;
    questions[shard].about.set_shard(shard);
  }
  std::vector<wire::Answer> answers;
  for (auto& one : ask_these(std::move(questions), limit)) {
    if (!one)
      return one.error();
    answers.push_back(std::move(*one));
  }
  return answers;
}

result<done> client::parts::walk(const task_filter& filter, const time_limit& limit,
                                 const page_visitor& visit) {
  constexpr std::size_t page_max = 500;
  auto left = filter.count_max;
  wire::Request about;
  words::write(filter, *about.mutable_list());
  for (std::uint32_t shard = 0; shard < shard_count && left > 0;) {
    about.set_shard(shard);
    about.mutable_list()->set_limit(static_cast<std::uint32_t>(std::min(left, page_max)));
    const auto answer = ask(about, limit);
    if (!answer)
      return answer.error();
    const auto& page = answer->list();
    if (const auto visited = visit(page); !visited)
      return visited.error();
    left -= std::min(left, static_cast<std::size_t>(page.tasks_size()));
    about.mutable_list()->set_after(page.is_end() ? 0 : page.next_after());
    if (page.is_end())
      ++shard;
  }
  return done{};
}

result<task_info> client::get(task_id id, duration timeout) {
  return task_of(inside_->ask(about_task(id, &wire::Request::mutable_get), time_limit{timeout}));
}

result<task_info> client::wait(task_id id, duration timeout) {
  return task_of(inside_->ask(about_task(id, &wire::Request::mutable_wait), time_limit{timeout}));
}

result<done> client::cancel(task_id id, duration timeout) {
  return done_of(inside_->ask(about_task(id, &wire::Request::mutable_cancel), time_limit{timeout}));
}

result<done> client::requeue(task_id id, duration timeout) {
  return done_of(
      inside_->ask(about_task(id, &wire::Request::mutable_requeue), time_limit{timeout}));
}

result<explanation> client::explain(task_id id, duration timeout) {
  const auto answer =
      inside_->ask(about_task(id, &wire::Request::mutable_explain), time_limit{timeout});
  if (!answer)
    return answer.error();
  return words::read(answer->explanation());
}

result<std::vector<task_info>> client::list(const task_filter& filter, duration timeout) {
  std::vector<task_info> tasks;
  const auto walked = inside_->walk(filter, time_limit{timeout}, [&](const wire::TaskList& page) {
    for (const auto& one : page.tasks())
      tasks.push_back(wire::read(one));
    return result<done>{done{}};
  });
  if (!walked)
    return walked.error();
  return tasks;
}

result<done> client::set_queue(const queue_change& change, duration timeout) {
  wire::Request about;
  words::write(change, *about.mutable_set_queue());
  const auto answers = inside_->ask_all(about, time_limit{timeout});
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
  wire::Request about;
  about.mutable_queues();
  const auto answers = inside_->ask_all(about, time_limit{timeout});
  if (!answers)
    return answers.error();
  std::map<std::string, queue_info> merged;
  for (const auto& answer : *answers)
    for (const auto& one : answer.queues().queues())
      words::merge(words::read(one), merged);
  std::vector<queue_info> queues;
  for (auto& [name, one] : merged)
    queues.push_back(std::move(one));
  return queues;
}

result<done> client::put_schedule(const schedule_spec& spec, duration timeout) {
  wire::Request about;
  wire::write(spec, *about.mutable_put_schedule());
  return done_of(inside_->ask_for_schedule(spec.name, std::move(about), time_limit{timeout}));
}

result<done> client::remove_schedule(const std::string& name, duration timeout) {
  wire::Request about;
  about.mutable_remove_schedule()->set_name(name);
  return done_of(inside_->ask_for_schedule(name, std::move(about), time_limit{timeout}));
}

result<std::vector<schedule_info>> client::schedules(duration timeout) {
  wire::Request about;
  about.mutable_schedules();
  const auto answers = inside_->ask_all(about, time_limit{timeout});
  if (!answers)
    return answers.error();
  std::vector<schedule_info> schedules;
  for (const auto& answer : *answers)
    for (const auto& one : answer.schedules().schedules())
      schedules.push_back(words::read(one));
  std::sort(schedules.begin(), schedules.end(),
            [](const auto& a, const auto& b) { return a.spec.name < b.spec.name; });
  return schedules;
}

result<node_status> client::status(duration timeout) {
  wire::Request about;
  about.mutable_status();
  const auto answer = inside_->ask(std::move(about), time_limit{timeout});
  if (!answer)
    return answer.error();
  return words::read(answer->status());
}

result<cluster_info> client::cluster(duration timeout) {
  wire::Request about;
  about.mutable_cluster();
  const auto answer = inside_->ask(std::move(about), time_limit{timeout});
  if (!answer)
    return answer.error();
  return words::read(answer->cluster());
}

result<done> client::drain(const std::string& node, bool is_over, duration timeout) {
  wire::Request about;
  about.mutable_drain()->set_node(node);
  about.mutable_drain()->set_is_over(is_over);
  return done_of(inside_->ask(std::move(about), time_limit{timeout}));
}

} // namespace belfry
