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

/// Submit this.
struct submit_call {
  task_spec task;
  submit_callback on_result;
};

/// Ask this; `about.correlation` is the client's. A `route` that is not empty names a schedule,
/// whose shard is asked in place of `about.shard`.
struct request_call {
  wire::Request request;
  std::string schedule_name;
  duration request_timeout{client_timeout};
  std::function<void(result<wire::Response>)> on_result;
};

/// Say when you are connected (to a node with so many shards), or that the next try failed.
struct ready_call {
  std::function<void(result<std::uint32_t>)> on_result;
};

/// Say when everything that was submitted before is answered.
struct flush_call {
  std::function<void(result<done>)> on_result;
};

using client_call = std::variant<submit_call, request_call, ready_call, flush_call>;

/// Hands calls from any thread to the client actor: one wake-up for all that gather meanwhile.
/// The actor answers each call exactly once, in its own context. Submissions of each class of
/// priority are counted apart: those that a busy node refuses leave room for higher ones.
class client_inbox {
public:
  explicit client_inbox(std::size_t open_max = 100'000) : open_max_(open_max) {}

  /// Waits while `open_max` submissions of the class are open, unless called by the actor that
  /// answers them.
  void submit(submit_call call);
  void push(client_call call);

  /// For the actor alone: from now on wake `reader`.
  void bind(caf::actor reader);
  [[nodiscard]] std::vector<client_call> take();
  /// So many submissions of the class are answered.
  void settle(priority_class what, std::size_t count);
  /// Forgets the reader; calls that come later are answered with `errc::cancelled`.
  [[nodiscard]] std::vector<client_call> close();

private:
  [[nodiscard]] std::size_t& open_of(const submit_call& call);
  void add(client_call call, std::unique_lock<std::mutex>& lock);

  const std::size_t open_max_;
  std::mutex mutex_;
  std::condition_variable has_space_;
  std::vector<client_call> calls_;
  caf::actor reader_;
  std::array<std::size_t, priority_class_count> open_{};
  bool is_closed_ = false;
};

/// Answers `call` with `why`.
void refuse(client_call& call, const failure& why);

} // namespace belfry
