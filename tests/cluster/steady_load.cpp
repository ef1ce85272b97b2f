#include "steady_load.hpp"

#include "wire/shard_of.hpp"

#include <algorithm>

namespace belfry::test {

namespace {

constexpr duration pace{50};
constexpr std::uint64_t lingering_one_in = 200;

} // namespace

steady_load::steady_load(std::unique_ptr<client> load_client, std::uint64_t seed)
    : client_(std::move(load_client)), prefix_(std::to_string(seed) + "-"), random_(seed),
      lanes_(client_->shard_count()), runner_([this] { run(); }) {}

steady_load::~steady_load() {
  (void)stop(duration{0});
  client_.reset(); // Answers the open submissions.
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
  client_->submit_async(std::move(task), [this, shard, due](const result<submitted>& outcome) {
    on_answer(shard, due, outcome);
  });
}

task_spec steady_load::next_task(std::size_t shard) {
  task_spec task;
  task.kind = random_.below(lingering_one_in) == 0 ? "linger" : "note";
  do
    task.key = prefix_ + std::to_string(++count_);
  while (wire::shard_of_key(task.queue, task.key, client_->shard_count()) != shard);
  task.due = wall_time() + duration{random_.below(300)};
  // The faults must not use up the retry budget of a task.
  task.retry.attempts_max = task.retry.crashes_max = 1000;
  task.retry.delay_min = duration{100};
  task.retry.delay_max = duration{500};
  return task;
}

void steady_load::on_answer(std::size_t shard, instant due, const result<submitted>& outcome) {
  {
    std::unique_lock lock{mutex_};
    auto& shard_lane = lanes_[shard];
    shard_lane.latest = *shard_lane.sent;
    shard_lane.waits.push_back({*shard_lane.sent, wait_clock::now()});
    shard_lane.sent.reset();
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
                        [](const lane& shard_lane) { return shard_lane.sent.has_value(); });
  });
}

bool steady_load::await_acknowledgements(duration timeout) {
  const auto begin = wait_clock::now();
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [&] {
    return std::all_of(lanes_.begin(), lanes_.end(),
                       [&](const lane& shard_lane) { return shard_lane.latest >= begin; });
  });
}

std::vector<duration> steady_load::waits_since(wait_clock::time_point since) {
  std::vector<duration> longest;
  std::unique_lock lock{mutex_};
  for (const auto& shard_lane : lanes_) {
    wait_clock::duration span{0};
    if (shard_lane.sent)
      span = wait_clock::now() - *shard_lane.sent;
    for (const auto& past : shard_lane.waits)
      if (past.answered >= since)
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
