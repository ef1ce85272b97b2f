#include "steady_load.hpp"

#include "wire/shard_of.hpp"

#include <algorithm>

namespace belfry::test {

namespace {

constexpr duration pace{50};
constexpr std::uint64_t lingering_one_in = 200;

} // namespace

steady_load::steady_load(std::unique_ptr<client> through, std::uint64_t seed)
    : through_(std::move(through)), prefix_(std::to_string(seed) + "-"), random_(seed),
      lanes_(through_->shard_count()), runner_([this] { run(); }) {}

steady_load::~steady_load() {
  (void)stop(duration{0});
  through_.reset(); // Answers what is still open.
}

void steady_load::run() {
  std::unique_lock lock{mutex_};
  while (!is_stopped_) {
    for (std::size_t shard = 0; shard < lanes_.size(); ++shard)
      if (!lanes_[shard].sent)
        submit(shard);
    changed_.wait_for(lock, pace, [this] { return is_stopped_; });
  }
}

void steady_load::submit(std::size_t shard) {
  auto task = next_task(shard);
  const auto due = *task.due;
  lanes_[shard].sent = wait_clock::now();
  through_->submit_async(std::move(task), [this, shard, due](const result<submitted>& outcome) {
    answered(shard, due, outcome);
  });
}

task_spec steady_load::next_task(std::size_t shard) {
  task_spec task;
  task.kind = random_.below(lingering_one_in) == 0 ? "linger" : "note";
  do
    task.key = prefix_ + std::to_string(++count_);
  while (wire::shard_of_key(task.queue, task.key, through_->shard_count()) != shard);
  task.due = wall_time() + duration{random_.below(300)};
  // What the test does to nodes must not use up a task's budgets.
  task.retry.attempts_max = task.retry.crashes_max = 1000;
  task.retry.delay_min = duration{100};
  task.retry.delay_max = duration{500};
  return task;
}

void steady_load::answered(std::size_t shard, instant due, const result<submitted>& outcome) {
  {
    std::unique_lock lock{mutex_};
    auto& one = lanes_[shard];
    one.latest = *one.sent;
    one.waits.push_back({*one.sent, wait_clock::now()});
    one.sent.reset();
    if (outcome)
      due_[outcome->id] = due;
    else
      refused_.push_back(outcome.error().what);
  }
  changed_.notify_all();
}

bool steady_load::stop(duration timeout) {
  {
    std::unique_lock lock{mutex_};
    is_stopped_ = true;
  }
  changed_.notify_all();
  if (runner_.joinable())
    runner_.join();
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [this] {
    return std::none_of(lanes_.begin(), lanes_.end(),
                        [](const lane& one) { return one.sent.has_value(); });
  });
}

bool steady_load::await_acknowledgements(duration timeout) {
  const auto begin = wait_clock::now();
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [&] {
    return std::all_of(lanes_.begin(), lanes_.end(),
                       [&](const lane& one) { return one.latest >= begin; });
  });
}

std::vector<duration> steady_load::waits_since(wait_clock::time_point from) {
  std::vector<duration> longest;
  std::unique_lock lock{mutex_};
  for (const auto& one : lanes_) {
    wait_clock::duration span{0};
    if (one.sent)
      span = wait_clock::now() - *one.sent;
    for (const auto& past : one.waits)
      if (past.answered >= from)
        span = std::max(span, past.answered - past.sent);
    longest.push_back(std::chrono::duration_cast<duration>(span));
  }
  return longest;
}

std::map<task_id, instant> steady_load::acknowledged() {
  std::unique_lock lock{mutex_};
  return due_;
}

std::vector<std::string> steady_load::refused() {
  std::unique_lock lock{mutex_};
  return refused_;
}

} // namespace belfry::test
