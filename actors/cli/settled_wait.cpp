#include "cli/settled_wait.hpp"

#include "cli/text/notice.hpp"

#include "time/time_text.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace belfry::shell {

namespace {

using wait_clock = std::chrono::steady_clock;

/// How long to wait for the outcome before the node is asked about the task: at first, and at most
/// once the reason of the wait is printed.
constexpr duration silence_min{2'000};
constexpr duration silence_max{5'000};
constexpr duration probe_timeout_max{2'000};
constexpr duration probe_pause{200}; // While the node does not answer.

std::string names_of_nodes(const program& belfry) {
  std::string names;
  for (const auto& address : belfry.node_addresses())
    names += (names.empty() ? "" : " or ") + to_string(address);
  return names;
}

/// Whether the node may answer if it is asked again.
bool is_passing(errc code) {
  return code == errc::unavailable || code == errc::timed_out || code == errc::overloaded;
}

class settled_wait {
public:
  settled_wait(const program& belfry, client& node, task_id id, duration limit)
      : belfry_(belfry), node_(node), id_(id), end_(wait_clock::now() + limit) {}

  result<task_info> run() {
    auto outcome_to_come = pending_->get_future();
    node_.tasks().wait_async(id_, [pending = pending_](result<task_info> outcome) {
      pending->set_value(std::move(outcome));
    });
    for (;;) {
      if (outcome_to_come.wait_for(std::min(pause(), remaining())) == std::future_status::ready)
        return outcome_to_come.get();
      if (remaining() == duration{0})
        return failure{errc::timed_out, "timed out: not settled yet"};
      if (auto outcome = probe())
        return std::move(*outcome);
    }
  }

private:
  [[nodiscard]] duration remaining() const {
    return std::max(std::chrono::ceil<duration>(end_ - wait_clock::now()), duration{0});
  }

  [[nodiscard]] duration pause() const {
    if (silent_since_)
      return probe_pause;
    return is_explained_ ? std::clamp(belfry_.request_timeout / 2, silence_min, silence_max)
                         : silence_min;
  }

  [[nodiscard]] duration probe_timeout() const {
    return std::max(std::min({belfry_.request_timeout, probe_timeout_max, remaining()}),
                    duration{1});
  }

  /// Asks the node about the task. Nothing: the wait goes on.
  std::optional<result<task_info>> probe() {
    const auto begin = wait_clock::now();
    auto task = node_.tasks().get(id_, probe_timeout());
    if (!task && is_passing(task.error().code))
      return note_silence(begin, task.error());
    if (task && !is_settled(task->state)) {
      note_answer();
      return std::nullopt;
    }
    if (task)
      task->payload.clear(); // As the answer to the wait has it.
    return task;
  }

  std::optional<result<task_info>> note_silence(wait_clock::time_point begin,
                                                const failure& error) {
    if (!silent_since_) {
      silent_since_ = begin;
      print_notice(belfry_,
                   json{{"notice", "node_lost"}, {"id", to_string(id_)}, {"what", error.what}},
                   "lost " + names_of_nodes(belfry_) + " (" + error.what +
                       "), trying again; Ctrl-C ends the wait, the task goes on");
    }
    if (wait_clock::now() - *silent_since_ < belfry_.request_timeout)
      return std::nullopt;
    return failure{errc::unavailable, "no answer for " + format_duration(belfry_.request_timeout) +
                                          " (" + error.what + "); the task goes on"};
  }

  void note_answer() {
    if (std::exchange(silent_since_, std::nullopt))
      print_notice(belfry_, json{{"notice", "node_answers"}, {"id", to_string(id_)}},
                   names_of_nodes(belfry_) + " answers again");
    if (is_explained_)
      return;
    const auto explained = node_.tasks().explain(id_, probe_timeout());
    (void)node_.take_unwritten_reason(); // The outcome that is shown in the end is written.
    if (!explained || is_settled(explained->task.state))
      return;
    is_explained_ = true;
    print_notice(belfry_,
                 json{{"notice", "waiting"},
                      {"id", to_string(id_)},
                      {"reason", std::string{to_string(explained->reason)}},
                      {"text", explained->text}},
                 "waiting for task " + to_string(id_) + ": " + explained->text);
  }

  const program& belfry_;
  client& node_;
  const task_id id_;
  const wait_clock::time_point end_;
  /// Shared with the client, whose thread may set it after this wait has ended.
  std::shared_ptr<std::promise<result<task_info>>> pending_ =
      std::make_shared<std::promise<result<task_info>>>();
  std::optional<wait_clock::time_point> silent_since_; // Nothing: the node has answered.
  bool is_explained_ = false;
};

} // namespace

result<task_info> wait_until_settled(const program& belfry, client& node, task_id id,
                                     duration limit) {
  return settled_wait{belfry, node, id, limit}.run();
}

void print_accepted(const program& belfry, const submitted& accepted) {
  const auto id = to_string(accepted.id);
  print_notice(belfry,
               json{{"notice", "accepted"}, {"id", id}, {"is_duplicate", accepted.is_duplicate}},
               "task " + id + (accepted.is_duplicate ? " exists with this key" : " is accepted"));
}

} // namespace belfry::shell
