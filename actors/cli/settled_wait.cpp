#include "cli/settled_wait.hpp"

#include "cli/text/notice.hpp"
#include "cli/text/text_format.hpp"

#include "time/time_text.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
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
constexpr std::size_t explained_max = 5;

std::string names_of_nodes(const program& belfry) {
  std::string names;
  for (const auto& address : belfry.node_addresses())
    names += (names.empty() ? "" : " or ") + to_string(address);
  return names;
}

/// Whether the node may answer if it is asked again.
bool is_transient(errc code) {
  return code == errc::unavailable || code == errc::timed_out || code == errc::overloaded;
}

/// Outcomes of tasks, by their index. Any thread may put them in; one thread takes them.
class outcome_queue {
public:
  struct outcome {
    std::size_t index = 0;
    result<task_info> task;
  };

  void put(outcome settled) {
    const std::lock_guard guard{mutex_};
    outcomes_.push_back(std::move(settled));
    has_outcome_.notify_one();
  }

  /// Nothing: none comes within `timeout`.
  std::optional<outcome> take(duration timeout) {
    std::unique_lock lock{mutex_};
    if (!has_outcome_.wait_for(lock, timeout, [this] { return !outcomes_.empty(); }))
      return std::nullopt;
    auto first = std::move(outcomes_.front());
    outcomes_.pop_front();
    return first;
  }

private:
  std::mutex mutex_;
  std::condition_variable has_outcome_;
  std::deque<outcome> outcomes_;
};

class settled_wait {
public:
  settled_wait(const program& belfry, client& node, const std::vector<task_id>& ids, duration limit,
               const settled_visitor& visit)
      : belfry_(belfry), node_(node), end_(wait_clock::now() + limit), visit_(visit) {
    for (std::size_t i = 0; i < ids.size(); ++i)
      open_.emplace(i, ids[i]);
  }

  void run() {
    for (const auto& [index, id] : open_)
      node_.tasks().wait_async(id,
                               [outcomes = outcomes_, index = index](result<task_info> outcome) {
                                 outcomes->put({index, std::move(outcome)});
                               });
    while (!open_.empty()) {
      if (const auto settled = outcomes_->take(std::min(pause(), remaining())))
        settle(settled->index, settled->task);
      else if (remaining() == duration{0})
        settle_rest({errc::timed_out, "timed out: not settled yet"});
      else
        probe();
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

  /// A task may be settled twice: by the wait and by a probe.
  void settle(std::size_t index, const result<task_info>& outcome) {
    const auto found = open_.find(index);
    if (found == open_.end())
      return;
    const auto id = found->second;
    open_.erase(found);
    visit_(id, outcome);
  }

  void settle_rest(const failure& error) {
    while (!open_.empty())
      settle(open_.begin()->first, error);
  }

  /// Asks the node about one of the tasks: about each in turn, but about the same one as long as
  /// there is no answer.
  void probe() {
    auto probed = silent_since_ ? open_.lower_bound(probed_) : open_.upper_bound(probed_);
    if (probed == open_.end())
      probed = open_.begin();
    const auto [index, id] = *probed;
    probed_ = index;
    const auto begin = wait_clock::now();
    auto task = node_.tasks().get(id, probe_timeout());
    if (!task && is_transient(task.error().code))
      return note_silence(id, begin, task.error());
    if (task && !is_settled(task->state))
      return note_answer(id);
    if (task)
      task->payload.clear(); // As the answer to the wait has it.
    settle(index, task);
  }

  void note_silence(task_id id, wait_clock::time_point begin, const failure& error) {
    if (!silent_since_) {
      silent_since_ = begin;
      print_notice(belfry_,
                   json{{"notice", "node_lost"}, {"id", to_string(id)}, {"what", error.what}},
                   "lost " + names_of_nodes(belfry_) + " (" + error.what +
                       "), trying again; Ctrl-C ends the wait, the " + subject() + " on");
    }
    if (wait_clock::now() - *silent_since_ < belfry_.request_timeout)
      return;
    settle_rest({errc::unavailable, "no answer for " + format_duration(belfry_.request_timeout) +
                                        " (" + error.what + "); the " + subject() + " on"});
  }

  [[nodiscard]] std::string subject() const { return open_.size() == 1 ? "task goes" : "tasks go"; }

  void note_answer(task_id id) {
    if (std::exchange(silent_since_, std::nullopt))
      print_notice(belfry_, json{{"notice", "node_answers"}, {"id", to_string(id)}},
                   names_of_nodes(belfry_) + " answers again");
    if (!is_explained_)
      explain_open();
  }

  void explain_open() {
    std::size_t count = 0;
    for (auto next = open_.begin(); next != open_.end() && count < explained_max; ++next, ++count)
      if (explain(next->second))
        is_explained_ = true;
    if (is_explained_ && open_.size() > count)
      print_notice(belfry_, json{{"notice", "waiting_for_more"}, {"count", open_.size() - count}},
                   "waiting for " + format_number(open_.size() - count) +
                       " more: belfry explain ID says why");
  }

  bool explain(task_id id) {
    const auto explained = node_.tasks().explain(id, probe_timeout());
    (void)node_.take_unwritten_reason(); // The outcome that is shown in the end is written.
    if (!explained || is_settled(explained->task.state))
      return false;
    print_notice(belfry_,
                 json{{"notice", "waiting"},
                      {"id", to_string(id)},
                      {"reason", std::string{to_string(explained->reason)}},
                      {"text", explained->text}},
                 "waiting for task " + to_string(id) + ": " + explained->text);
    return true;
  }

  const program& belfry_;
  client& node_;
  const wait_clock::time_point end_;
  const settled_visitor& visit_;
  std::map<std::size_t, task_id> open_; // By the index of the task among all.
  /// Shared with the client, whose thread may put outcomes in after this wait has ended.
  std::shared_ptr<outcome_queue> outcomes_ = std::make_shared<outcome_queue>();
  std::size_t probed_ = 0; // The index of the task that the node was asked about.
  std::optional<wait_clock::time_point> silent_since_; // Nothing: the node has answered.
  bool is_explained_ = false;
};

} // namespace

result<task_info> wait_until_settled(const program& belfry, client& node, task_id id,
                                     duration limit) {
  result<task_info> settled = failure{};
  wait_until_settled(belfry, node, std::vector{id}, limit,
                     [&settled](task_id, const result<task_info>& outcome) { settled = outcome; });
  return settled;
}

void wait_until_settled(const program& belfry, client& node, const std::vector<task_id>& ids,
                        duration limit, const settled_visitor& visit) {
  settled_wait{belfry, node, ids, limit, visit}.run();
}

void print_accepted(const program& belfry, const submitted& accepted) {
  const auto id = to_string(accepted.id);
  print_notice(belfry,
               json{{"notice", "accepted"}, {"id", id}, {"is_duplicate", accepted.is_duplicate}},
               "task " + id + (accepted.is_duplicate ? " exists with this key" : " is accepted"));
}

} // namespace belfry::shell
