#pragma once

#include "belfry/handler.hpp"
#include "belfry/node_options.hpp"
#include "belfry/result.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace belfry {

/// Kinds of task that are actors: see <belfry/actors/node.hpp>.
class task_behaviors;

/// A belfry node inside this process. Stops gracefully when destroyed.
///
/// May be used from any thread. Needs no actor system of the caller's.
class node {
public:
  /// Starts a node with the built-in handlers and those of `handlers`. Returns once it accepts
  /// tasks and connections, or a failure that names what is wrong: the port is taken, the data
  /// directory is in use, damaged or not writable, or an option is out of range.
  static result<std::unique_ptr<node>> start(node_options options, handler_registry handlers = {});

  /// The same with kinds of task that are actors. Needs <belfry/actors/node.hpp>.
  static result<std::unique_ptr<node>> start(node_options options, handler_registry handlers,
                                             const task_behaviors& behaviors);

  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// The port it listens on; 0 if it stores no tasks: such a node does not listen.
  [[nodiscard]] std::uint16_t port() const;

  /// The port on which it serves HTTP; 0: none.
  [[nodiscard]] std::uint16_t http_port() const;

  /// Waits until the node ends, because it can no longer keep its promises (its disk failed, for
  /// example) or because `stop` was called. Returns the reason; empty if it was stopped.
  [[nodiscard]] std::string wait();

  /// For a watchdog: whether the node works. Its router, its dispatcher and its worker must answer
  /// within seconds; each of its shards must have answered within `silence_max`, since one that has
  /// much to do answers late. The storage does not matter: a node waits for it. False while the
  /// node stops, too. Waits for up to seven seconds for what does not answer; `stop` waits
  /// meanwhile.
  [[nodiscard]] bool is_responsive(duration silence_max = duration{30'000});

  /// Takes no new work, tells running handlers that it stops (`run::stopping`) and gives them up to
  /// `grace` to end, then cancels those that still run, and ends.
  void stop(duration grace = duration{10'000});

private:
  struct implementation;
  explicit node(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace belfry
