#pragma once

#include "base/system_config.hpp"
#include "belfry/client.hpp"
#include "client/bulk_requests.hpp"
#include "client/client_inbox.hpp"
#include "os/link/transport_credentials.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <algorithm>
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

namespace belfry::internal {

/// The end of a time limit that starts with the construction.
class deadline {
public:
  explicit deadline(duration span) : span_(span), end_(std::chrono::steady_clock::now() + span) {}

  [[nodiscard]] duration span() const { return span_; }

  /// At least 0.
  [[nodiscard]] duration remaining() const {
    const auto span = std::chrono::ceil<duration>(end_ - std::chrono::steady_clock::now());
    return span.count() > 0 ? span : duration{0};
  }

private:
  duration span_;
  std::chrono::steady_clock::time_point end_;
};

/// Results that one thread waits for and other threads set. Results that come after the wait has
/// ended are dropped: the callbacks that set them share the ownership.
template <class Value>
class pending_results {
public:
  explicit pending_results(std::size_t count = 1) : results_(count), missing_(count) {}

  void set(std::size_t index, result<Value> outcome) {
    std::unique_lock lock{mutex_};
    if (results_[index])
      return;
    results_[index] = std::move(outcome);
    if (--missing_ == 0)
      complete_.notify_all();
  }

  /// Waits until all are set or `limit` has passed; whether all are set.
  bool wait_until_complete(duration limit) {
    std::unique_lock lock{mutex_};
    return complete_.wait_for(lock, limit, [this] { return missing_ == 0; });
  }

  /// Waits until all are set or `limit` has passed; what is missing then has timed out.
  std::vector<result<Value>> wait(duration limit) { return wait(limit, limit); }
  /// The same at the end of a longer wait, of `span`.
  std::vector<result<Value>> wait(duration limit, duration span) {
    std::unique_lock lock{mutex_};
    complete_.wait_for(lock, limit, [this] { return missing_ == 0; });
    std::vector<result<Value>> outcomes;
    outcomes.reserve(results_.size());
    for (auto& outcome : results_)
      outcomes.push_back(outcome ? std::move(*outcome) : failure{errc::timed_out, late_text(span)});
    return outcomes;
  }

private:
  static std::string late_text(duration span) {
    return "no answer within " + std::to_string(span.count()) + " ms";
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

/// What a client consists of: an actor system of its own, with the client actor in it, and calls
/// that wait for the answers.
class blocking_client {
public:
  /// Begins to connect.
  blocking_client(std::vector<node_address> addresses, duration connect_timeout,
                  std::shared_ptr<const transport_credentials> credentials);
  ~blocking_client();
  blocking_client(const blocking_client&) = delete;
  blocking_client& operator=(const blocking_client&) = delete;

  /// All calls under way, and all later ones, fail with `errc::cancelled`.
  void close();

  /// Waits until connected, or until the first try failed; then sets `shard_count`.
  result<done> wait_until_ready(const deadline& limit);

  [[nodiscard]] std::uint32_t shard_count() const { return shard_count_; }
  [[nodiscard]] client_inbox& inbox() { return *inbox_; }

  /// A number for the calls that one caller is about to wait for.
  [[nodiscard]] std::uint64_t new_group() { return ++groups_; }

  /// Waits until all results of the calls of `group` are set, or `limit` ends. Shortly before that
  /// end, what nodes refuse for now fails with their reasons.
  template <class Value>
  std::vector<result<Value>> wait_for(pending_results<Value>& pending, std::uint64_t group,
                                      const deadline& limit) {
    const auto notice = std::min(give_up_notice, limit.span() / 4);
    const auto patience = limit.remaining();
    if (!pending.wait_until_complete(patience > notice ? patience - notice : duration{0}))
      inbox_->push(give_up_call{group, {}});
    return pending.wait(limit.remaining(), limit.span());
  }

  /// Why answers since the last call of this function may show what a crash undoes, if they may.
  [[nodiscard]] std::optional<std::string> take_unwritten_reason();

  /// Sends each request to the shard that it names, and waits until all are answered or `limit`
  /// ends. One result per request, in order: `errc::not_found` if there is no such shard.
  std::vector<result<wire::Response>> ask_each(std::vector<request_call> requests,
                                               const deadline& limit);
  /// Asks the shard `request.shard`.
  result<wire::Response> ask(wire::Request request, const deadline& limit);
  /// The same without waiting: `on_answer` gets the answer, or a failure after `timeout`. It is
  /// called by the client actor, or by this call if there is no such shard.
  void ask_async(wire::Request request, duration timeout,
                 std::function<void(result<wire::Response>)> on_answer);
  /// Asks the shard that keeps the schedule `name`.
  result<wire::Response> ask_for_schedule(std::string name, wire::Request request,
                                          const deadline& limit);
  /// Asks every shard; fails if one of them does. The answers are in the order of the shards.
  result<std::vector<wire::Response>> ask_all(const wire::Request& request, const deadline& limit);

  /// Calls `visit` with page after page of the matching tasks, `filter.count_max` tasks at most;
  /// with their specs if `wants_specs`.
  using page_visitor = std::function<result<done>(const wire::TaskList& page)>;
  result<done> for_each_page(const task_filter& filter, const deadline& limit,
                             const page_visitor& visit, bool wants_specs = false);

  /// Sends a request that `write` has written for every task that matches. A task that refuses is
  /// counted; a shard that does not answer is a failure of the whole.
  result<bulk_outcome> apply_to_all(const task_filter& filter, const task_request_writer& write,
                                    const deadline& limit, const bulk_progress& on_progress);

private:
  void note_unwritten(const std::vector<result<wire::Response>>& answers);

  /// For the client to say why there is no answer.
  static constexpr duration give_up_notice{200};

  [[nodiscard]] failure no_shard(std::uint32_t shard) const;

  std::atomic<std::uint64_t> groups_{0};
  std::mutex mutex_; // Guards `unwritten_reason_`.
  std::optional<std::string> unwritten_reason_;
  std::shared_ptr<std::atomic<bool>> is_cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<client_inbox> inbox_ = std::make_shared<client_inbox>();
  std::uint32_t shard_count_ = 0;
  client_config config_;
  caf::actor_system system_; // Ends before all of the above.
  caf::actor transport_;
  caf::actor actor_;
};

} // namespace belfry::internal
