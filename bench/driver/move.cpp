#include "move.hpp"

#include "bench_security.hpp"
#include "figures.hpp"
#include "nodes.hpp"

#include "wire/shard_of.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace belfry::bench {

namespace {

constexpr auto successor_name = "second";
constexpr std::int64_t poll_timeout_ms = 120'000;
constexpr duration hour{3'600'000};

/// A client that submits one task a millisecond and records how long each waited.
class prober {
public:
  prober(std::uint16_t port, std::uint16_t shards) : shards_(shards) {
    auto connected = client::connect({{"127.0.0.1", port}}, bench_security());
    if (!connected)
      die(connected.error().what);
    client_ = std::move(*connected);
    thread_ = std::thread{[this] { submit_on(); }};
  }
  ~prober() { pause(); }

  /// The waits since the last call, in microseconds, shortest first; once all are answered.
  std::vector<std::int64_t> take() {
    pause();
    is_over_ = false;
    thread_ = std::thread{[this] { submit_on(); }};
    const std::lock_guard lock{mutex_};
    auto accepted = std::exchange(waits_us_, {});
    std::sort(accepted.begin(), accepted.end());
    return accepted;
  }

private:
  void pause() {
    is_over_ = true;
    thread_.join();
    if (const auto answered = client_->flush(duration{poll_timeout_ms}); !answered)
      die(answered.error().what);
  }

  void submit_on() {
    while (!is_over_) {
      submit();
      std::this_thread::sleep_for(duration{1});
    }
  }

  void submit() {
    const auto shard = static_cast<std::uint32_t>(++count_ % shards_);
    task_spec task;
    task.kind = "noop";
    do
      task.key = "probe" + std::to_string(++keys_);
    while (wire::shard_of_key(task.queue, task.key, shards_) != shard);
    task.delay = hour;
    client_->submit_async(std::move(task),
                          [this, at_us = now_us()](const result<submitted>& outcome) {
                            if (!outcome)
                              die(outcome.error().what);
                            const std::lock_guard lock{mutex_};
                            waits_us_.push_back(now_us() - at_us);
                          });
  }

  const std::uint16_t shards_;
  std::unique_ptr<client> client_;
  std::uint64_t count_ = 0;
  std::uint64_t keys_ = 0;
  std::mutex mutex_;
  std::vector<std::int64_t> waits_us_;
  std::atomic<bool> is_over_ = false;
  std::thread thread_; // Of the above.
};

void require(const result<done>& outcome) {
  if (!outcome)
    die(outcome.error().what);
}

} // namespace

figures run_moves(const bench_options& options, std::int64_t waiting) {
  if (options.store.empty())
    die("W6 needs --store: only shards of a shared store move");
  if (options.shards == 0)
    die("W6 needs --shards: it fills each of them");
  bench_node first{options};
  {
    measured_run fill{first, options};
    (void)fill.run_producer({"--when", "hour", "--count", std::to_string(waiting * options.shards)},
                            poll_timeout_ms);
    fill.finish();
  }
  child second{{"node", "--store", options.store, "--shards", std::to_string(options.shards),
                "--name", successor_name},
               first.log()};
  (void)second.expect_line(poll_timeout_ms);
  auto& control_client = first.control_client();
  const auto share = wait_for_balance(control_client, successor_name);

  figures found;
  prober probes{first.port(), options.shards};
  std::this_thread::sleep_for(duration{2'000});
  put_phase(found, "still", probes.take());
  require(control_client.cluster().drain(successor_name));
  wait_until([&] { return shards_of(control_client, successor_name) == 0; }, "an empty node");
  require(control_client.cluster().undrain(successor_name));
  const auto back = wait_for_balance(control_client, successor_name);
  put_phase(found, "moves", probes.take());
  found["moves"] = share + back;
  found["waiting"] = waiting;
  second.close_input();
  second.finish(30'000);
  return found;
}

} // namespace belfry::bench
