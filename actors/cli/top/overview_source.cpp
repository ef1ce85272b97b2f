#include "cli/top/overview_source.hpp"

#include "os/system_clock.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace belfry::shell {

namespace {

/// Of each queue so many ready tasks are looked at for the oldest of them, and of so many queues.
constexpr std::size_t tasks_looked_at_max = 500;
constexpr std::size_t queues_looked_at_max = 20;

/// The oldest ready task of the queue, and why it is not running. What a node does not answer in
/// time is left out: the next frame tries again.
void look_for_oldest(client& node, duration request_timeout, instant now, queue_overview& queue) {
  const task_filter filter{
      .states = {task_state::ready}, .queue = queue.info.queue, .count_max = tasks_looked_at_max};
  const auto tasks = node.tasks().list(filter, request_timeout);
  if (!tasks || tasks->empty())
    return;
  const auto* oldest = &tasks->front();
  for (const auto& task : *tasks)
    if (task.due < oldest->due)
      oldest = &task;
  queue.oldest_ready = std::max(now - oldest->due, duration{0});
  queue.is_oldest_known = tasks->size() < tasks_looked_at_max;
  if (const auto explained = node.tasks().explain(oldest->id, request_timeout);
      explained && !is_settled(explained->task.state))
    queue.why = explained->text;
}

} // namespace

result<overview> ask_for_overview(client& node, duration request_timeout) {
  auto status = node.cluster().status(request_timeout);
  if (!status)
    return status.error();
  const auto queues = node.queues().list(request_timeout);
  if (!queues)
    return queues.error();
  overview seen{.at = system_clock{}.now(), .status = std::move(*status), .queues = {}};
  std::size_t looked_at = 0;
  for (const auto& info : *queues) {
    seen.queues.push_back({.info = info, .oldest_ready = {}, .is_oldest_known = true, .why = {}});
    if (info.counts[task_state::ready] > 0 && looked_at++ < queues_looked_at_max)
      look_for_oldest(node, request_timeout, seen.at, seen.queues.back());
  }
  return seen;
}

overview_source::overview_source(client& node, duration request_timeout, duration interval)
    : node_(node), request_timeout_(request_timeout), interval_(interval),
      thread_([this] { run(); }) {}

overview_source::~overview_source() {
  {
    const std::lock_guard guard{mutex_};
    is_ending_ = true;
  }
  ending_.notify_one();
  node_.close();
  thread_.join();
}

overview_source::view overview_source::latest() const {
  const std::lock_guard guard{mutex_};
  auto seen = view_;
  if (unanswered_since_)
    seen.silence = std::chrono::floor<duration>(clock::now() - *unanswered_since_);
  return seen;
}

void overview_source::run() {
  std::unique_lock lock{mutex_};
  while (!is_ending_) {
    if (!unanswered_since_)
      unanswered_since_ = clock::now();
    lock.unlock();
    ask();
    lock.lock();
    ending_.wait_for(lock, interval_, [this] { return is_ending_; });
  }
}

void overview_source::ask() {
  auto seen = ask_for_overview(node_, request_timeout_);
  const std::lock_guard guard{mutex_};
  if (!seen) {
    view_.error = seen.error().what;
    return;
  }
  view_ = {.latest = std::make_shared<const overview>(std::move(*seen)),
           .before = std::move(view_.latest),
           .silence = {},
           .error = {}};
  unanswered_since_.reset();
}

} // namespace belfry::shell
