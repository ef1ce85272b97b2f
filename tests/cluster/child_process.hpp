#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace belfry::test {

/// A program started through the shell, whose output is read line by line. Killed when destroyed.
class child_process {
public:
  explicit child_process(const std::string& command)
      : output_(popen(("echo $$; exec " + command).c_str(), "r")) {
    id_ = std::atoi(read_line().c_str());
  }
  ~child_process() { end(SIGKILL); }
  child_process(child_process&& other) noexcept
      : output_(std::exchange(other.output_, nullptr)), id_(std::exchange(other.id_, 0)) {}
  child_process& operator=(child_process&& other) noexcept {
    end(SIGKILL);
    output_ = std::exchange(other.output_, nullptr);
    id_ = std::exchange(other.id_, 0);
    return *this;
  }

  /// The next line of its output, without its end; empty if there is none.
  std::string read_line() {
    std::string line;
    for (int letter = std::fgetc(output_); letter != EOF && letter != '\n';
         letter = std::fgetc(output_))
      line.push_back(static_cast<char>(letter));
    return line;
  }

  /// Its process id.
  [[nodiscard]] int id() const { return id_; }

  /// Sends `signal`.
  void send(int signal) const {
    if (output_ && id_ > 0)
      kill(id_, signal);
  }

  /// Sends `signal` and waits for the end. Returns the status as `wait` does.
  int end(int signal) {
    if (!output_)
      return 0;
    send(signal);
    return pclose(std::exchange(output_, nullptr));
  }

private:
  std::FILE* output_;
  pid_t id_ = 0;
};

} // namespace belfry::test
