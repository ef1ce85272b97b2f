#pragma once

#include "belfry/time.hpp"

#include <memory>
#include <optional>

namespace belfry {

/// The keys that are typed on the terminal at the standard input, one by one and without an echo,
/// also Ctrl-C. Restores the terminal at its end. For one thread; at most one object at a time.
class terminal_keys {
public:
  /// Without a terminal at the standard input it reads what comes there.
  terminal_keys();
  ~terminal_keys();
  terminal_keys(const terminal_keys&) = delete;
  terminal_keys& operator=(const terminal_keys&) = delete;

  static constexpr char interrupt = '\x03';    ///< Ctrl-C
  static constexpr char end_of_input = '\x04'; ///< Ctrl-D, or no more input will come

  /// The next key; nothing: none within `timeout`.
  std::optional<char> next(duration timeout);

private:
  struct settings;
  std::unique_ptr<settings> before_; // None: the standard input is no terminal.
};

} // namespace belfry
