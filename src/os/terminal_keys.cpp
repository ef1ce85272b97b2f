#include "os/terminal_keys.hpp"

#include <termios.h>
#include <unistd.h>

namespace belfry {

struct terminal_keys::settings {
  termios values{};
};

terminal_keys::terminal_keys() : before_(std::make_unique<settings>()) {
  if (::tcgetattr(STDIN_FILENO, &before_->values) != 0) {
    before_.reset();
    return;
  }
  auto raw = before_->values;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

terminal_keys::~terminal_keys() {
  if (before_)
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_->values);
}

std::optional<char> terminal_keys::next(duration timeout) {
  const auto event = waiting_.wait(STDIN_FILENO, timeout);
  if (event == input_event::timed_out)
    return std::nullopt;
  char key = 0;
  const bool is_read = event == input_event::readable && ::read(STDIN_FILENO, &key, 1) == 1;
  return is_read ? key : end_of_input;
}

} // namespace belfry
