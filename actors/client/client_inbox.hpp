#pragma once

#include "belfry/client.hpp"
#include "belfry/priority.hpp"
#include "wire/messages.pb.h"

#include <caf/actor.hpp>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace belfry {

using submit_callback = std::function<void(result<submitted>)>;

/// Submits a task.
struct submit_call {
  task_spec task;
  submit_callback on_result;
  std::uint64_t group = 0; ///< of the calls that one caller waits for; 0: nobody waits
};

/// Sends a request; the client sets `request.correlation`. If `schedule_name` is not empty, the
/// shard of that schedule is asked in place of `request.shard`.
struct request_call {
  wire::Request request;
  std::string schedule_name;
  duration request_timeout{client_timeout};
  std::function<void(result<wire::Response>)> on_result;
  std::uint64_t group = 0; ///< as that of a `submit_call`
};

/// The caller of the group is about to stop waiting: what a node refuses for now fails with the
/// reason, instead of being sent again. What nothing is known about stays open.
struct give_up_call {
  std::uint64_t group = 0;
  std::function<void(result<done>)> on_result; ///< called afterwards
};

/// Answered with the number of shards once connected, or with the failure of the next attempt.
struct ready_call {
  std::function<void(result<std::uint32_t>)> on_result;
};

/// Answered when everything that was submitted before is answered.
struct flush_call {
  std::function<void(result<done>)> on_result;
};

using client_call = std::variant<submit_call, request_call, give_up_call, ready_call, flush_call>;

/// Hands calls from any thread to the client actor, with one wake-up for many calls.
/// The actor answers each call exactly once, in its own context. Submissions of each class of
/// priority are counted apart: those that a busy node refuses do not block higher ones.
class client_inbox {
public:
  explicit client_inbox(std::size_t open_max = 100'000) : open_max_(open_max) {}

  /// Waits while `open_max` submissions of the class are open, unless called by the actor that
  /// answers them.
  void submit(submit_call&& call);
  void push(client_call&& call);

  /// For the actor alone: `reader` is woken from now on.
  void bind(caf::actor reader);
  [[nodiscard]] std::vector<client_call> take();
  /// `count` submissions of the class are answered.
  void settle(priority_class priority, std::size_t count);
  /// Forgets the reader; calls that come later are answered with `errc::cancelled`.
  [[nodiscard]] std::vector<client_call> close();

private:
  [[nodiscard]] std::size_t& open_of(const submit_call& call);
  template <class Call>
  void add(Call&& call, std::unique_lock<std::mutex>& lock);

  const std::size_t open_max_;
  std::mutex mutex_;
  std::condition_variable has_space_;
  std::vector<client_call> calls_;
  caf::actor reader_;
  std::array<std::size_t, priority_class_count> open_{};
  bool is_closed_ = false;
};

/// Answers `call` with `error`.
void refuse(client_call& call, const failure& error);

} // namespace belfry
