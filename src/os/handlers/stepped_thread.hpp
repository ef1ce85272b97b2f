#pragma once

#include <functional>
#include <memory>

namespace belfry {

/// A function on its own thread that takes turns with its owner: one of the two always waits, so
/// their actions are ordered as those of plain calls.
class stepped_thread {
public:
  /// Thrown by `pause` when the owner cancels the function. Code that catches it must throw it
  /// again.
  struct cancelled {};

  /// Requires: `body` throws nothing but `cancelled`. It starts with the first `resume`.
  explicit stepped_thread(std::function<void()> body);
  /// Cancels the function if it has not returned, and waits until it has.
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
