#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace belfry::bench {

/// A process of this program in another role. It talks in lines: it writes them to its standard
/// output and reads them from its standard input. Killed when destroyed; dies with its parent.
class child {
public:
  /// Starts this program with `arguments`. `log` receives its standard error.
  child(const std::vector<std::string>& arguments, const std::string& log);
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  [[nodiscard]] pid_t id() const { return id_; }

  /// The next line it writes; nothing if none comes in time or it has ended.
  std::optional<std::string> read_line(std::int64_t timeout_ms);
  /// As `read_line`, but whatever is missing ends this program.
  std::string expect_line(std::int64_t timeout_ms);

  void write_line(const std::string& line);
  void close_input();
  void kill();
  /// Whether it has ended, by itself or otherwise.
  [[nodiscard]] bool has_ended() { return reap(false); }

  /// Waits until it ends, then kills it. Returns whether it ended by itself, with status 0.
  bool finish(std::int64_t timeout_ms);
  /// Processor time it took. Requires: `finish` or `kill` was called.
  [[nodiscard]] double cpu_seconds() const { return cpu_seconds_; }

private:
  bool reap(bool waits);

  std::string name_;
  pid_t id_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string unread_;
  bool is_reaped_ = false;
  int status_ = 0;
  double cpu_seconds_ = 0;
};

} // namespace belfry::bench
