#pragma once

#include "cli/top/overview.hpp"

#include "belfry/client.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace belfry::shell {

/// Asks the node for all that an overview shows. Fails if the node does not answer within
/// `request_timeout`.
[[nodiscard]] result<overview> ask_for_overview(client& node, duration request_timeout);

/// Asks the node again and again on a thread of its own: whoever shows the overview never waits for
/// a node that is silent.
class overview_source {
public:
  /// Begins to ask; again `interval` after each answer.
  overview_source(client& node, duration request_timeout, duration interval);
  /// Closes the client, which ends the question under way.
  ~overview_source();
  overview_source(const overview_source&) = delete;
  overview_source& operator=(const overview_source&) = delete;

  struct view {
    std::shared_ptr<const overview> latest; ///< null: the node has not answered yet
    std::shared_ptr<const overview> before; ///< null: there is none
    duration silence{0};                    ///< since the first question without an answer
    std::string error;                      ///< of the last question that failed since then
  };
  [[nodiscard]] view latest() const;

private:
  using clock = std::chrono::steady_clock;

  void run();
  void ask();

  client& node_;
  const duration request_timeout_;
  const duration interval_;
  mutable std::mutex mutex_; // Guards what is below.
  std::condition_variable ending_;
  bool is_ending_ = false;
  view view_;
  std::optional<clock::time_point> unanswered_since_;
  std::thread thread_; // Last: it uses all of the above.
};

} // namespace belfry::shell
