#pragma once

#include <functional>
#include <memory>

namespace belfry {

/// A function on a thread of its own that takes turns with its owner: one of the two waits at any
/// moment, so what they do is as much in order as calls are.
class stepped_thread {
public:
  /// Thrown by `pause` when the owner gives the function up; not to be caught but by `catch (...)`
  /// that throws it again.
  struct cancelled {};

  /// `body` does not throw, `cancelled` excepted. It begins with the first `resume`.
  explicit stepped_thread(std::function<void()> body);
  /// Gives the function up if it has not returned, and waits until it has.
  ~stepped_thread();
  stepped_thread(const stepped_thread&) = delete;
  stepped_thread& operator=(const stepped_thread&) = delete;

  /// For the owner: lets the function run until it pauses or returns. Returns whether it has
  /// returned. Requires: it had not.
  bool resume();

  /// For the function: waits for the next `resume`.
  void pause();

private:
  class state;
  std::unique_ptr<state> state_;
};

} // namespace belfry
