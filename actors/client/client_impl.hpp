#pragma once

#include "base/system_config.hpp"
#include "belfry/actors/client.hpp"
#include "client/client_inbox.hpp"
#include "os/link/transport_credentials.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace belfry {

/// The end of a time limit that began when this was made.
class deadline {
public:
  explicit deadline(duration span) : end_(std::chrono::steady_clock::now() + span) {}

  /// At least 0.
  [[nodiscard]] duration remaining() const {
    const auto span = std::chrono::ceil<duration>(end_ - std::chrono::steady_clock::now());
    return span.count() > 0 ? span : duration{0};
  }

private:
  std::chrono::steady_clock::time_point end_;
};

/// Results that one thread waits for and others bring. Results that come after the waiting ended
/// are dropped: whoever brings them shares the ownership.
template <class Value>
class awaited {
public:
  explicit awaited(std::size_t count = 1) : results_(count), missing_(count) {}

  void set(std::size_t index, result<Value> what) {
    std::unique_lock lock{mutex_};
    if (results_[index])
      return;
    results_[index] = std::move(what);
    if (--missing_ == 0)
      complete_.notify_all();
  }

  /// Waits until all are there or `limit` has passed; what is missing then has timed out.
  std::vector<result<Value>> take(duration limit) {
    std::unique_lock lock{mutex_};
    complete_.wait_for(lock, limit, [this] { return missing_ == 0; });
    std::vector<result<Value>> accepted;
    accepted.reserve(results_.size());
    for (auto& one : results_)
      accepted.push_back(one ? std::move(*one) : failure{errc::timed_out, late_text(limit)});
    return accepted;
  }

private:
  static std::string late_text(duration limit) {
    return "no answer within " + std::to_string(limit.count()) + " ms";
  }

  std::mutex mutex_;
  std::condition_variable complete_;
  std::vector<std::optional<result<Value>>> results_;
  std::size_t missing_;
};

/// One thread: the client is one actor.
class client_config : public system_config {
public:
  client_config() { set("scheduler.max-threads", std::size_t{1}); }
};

/// Which order a request gives: `&wire::Request::mutable_cancel`.
using order_field = wire::TaskRef* (wire::Request::*)();

/// What a client consists of: an actor system of its own, with the client actor in it.
struct client::implementation {
  /// Begins to connect.
  implementation(std::vector<node_address> addresses, duration connect_timeout,
                 std::shared_ptr<const transport_credentials> keys);
  ~implementation();
  implementation(const implementation&) = delete;
  implementation& operator=(const implementation&) = delete;

  /// Waits until connected, or until the first try failed; then sets `shard_count`.
  result<done> wait_until_ready(const deadline& limit);

  /// Asks these questions, each of its own shard, and waits until all are answered or `limit`
  /// ends. One result per question, in order.
  std::vector<result<wire::Response>> ask_each(std::vector<request_call> questions,
                                               const deadline& limit);
  /// Asks `about.shard`.
  result<wire::Response> ask(wire::Request request, const deadline& limit);
  /// Asks the shard that keeps the schedule `name`.
  result<wire::Response> ask_for_schedule(std::string name, wire::Request request,
                                          const deadline& limit);
  /// Asks every shard; fails if one of them does. The answers are in the order of the shards.
  result<std::vector<wire::Response>> ask_all(const wire::Request& request, const deadline& limit);

  /// Hands page after page of the tasks that match to `visit`, `filter.count_max` tasks at most.
  using page_visitor = std::function<result<done>(const wire::TaskList& page)>;
  result<done> for_each_page(const task_filter& filter, const deadline& limit,
                             const page_visitor& visit);

  /// Gives the order that `what` makes of a request to all tasks that match. A task that refuses is
  /// counted; a shard that does not answer is a failure of the whole.
  result<bulk_outcome> apply_to_all(const task_filter& filter, order_field what,
                                    const deadline& limit);

  std::shared_ptr<std::atomic<bool>> is_cancelled = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<client_inbox> inbox = std::make_shared<client_inbox>();
  std::uint32_t shard_count = 0;
  client_config config;
  caf::actor_system system; // Ends before all of the above.
  caf::actor transport;
  caf::actor actor;
};

} // namespace belfry
