#pragma once

#include "belfry/time.hpp"
#include "os/input_wait.hpp"

#include <memory>
#include <optional>

namespace belfry {

/// The keys that are typed on the terminal at the standard input, one by one and without an echo,
/// also Ctrl-C. Restores the terminal at its end. One thread reads them; at most one object at a
/// time.
class terminal_keys {
public:
  /// Without a terminal at the standard input it reads what comes there. Throws
  /// `std::system_error` if the process has no descriptor left.
  terminal_keys();
  ~terminal_keys();
  terminal_keys(const terminal_keys&) = delete;
  terminal_keys& operator=(const terminal_keys&) = delete;

  static constexpr char interrupt = '\x03';    ///< Ctrl-C
  static constexpr char end_of_input = '\x04'; ///< Ctrl-D, or no more input will come

  /// The next key; nothing: none within `timeout`.
  std::optional<char> next(duration timeout);

  /// Any thread: the call of `next` under way, or else the next one, returns `end_of_input`.
  void end() { waiting_.wake(); }

private:
  input_wait waiting_;
  struct settings;
  std::unique_ptr<settings> before_; // None: the standard input is no terminal.
};

} // namespace belfry
