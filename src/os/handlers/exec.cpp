#include "os/handlers/exec.hpp"

#include "os/handlers/exec_output.hpp"
#include "os/handlers/exec_process.hpp"
#include "os/handlers/exec_progress.hpp"
#include "os/process.hpp"

#include "wire/exec_payload.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace belfry {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t lines_reported = 5; // Of a failed command's stderr.
constexpr std::size_t line_bytes_reported = 2'000;

/// Makes `event` readable when the worker stops and when the run is cancelled, while this object
/// lives.
class stop_watch {
public:
  explicit stop_watch(run& current)
      : event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), error(event.is_open() ? 0 : errno),
        current_(current) {
    current_.on_stop([number = event.number()] {
      const std::uint64_t increment = 1;
      if (::write(number, &increment, sizeof increment) < 0)
        return; // Only if it was written already.
    });
  }
  ~stop_watch() { current_.on_stop({}); }

  stop_watch(const stop_watch&) = delete;
  stop_watch& operator=(const stop_watch&) = delete;

  /// Makes `event` unreadable until the next call of the run.
  void clear() const {
    std::uint64_t count = 0;
    if (::read(event.number(), &count, sizeof count) < 0)
      return; // Only if it was clear.
  }

  descriptor event;
  int error; // errno, if there is no event.

private:
  run& current_;
};

/// One command from its start to its result.
class exec_run {
public:
  exec_run(run& current, const exec_limits& limits, exec_environment environment)
      : current_(current), limits_(limits), environment_(environment),
        output_(limits.output_bytes_max), watch_(current), progress_(current.previous_progress()) {}

  run_result execute(const exec_payload& payload) {
    if (const auto refused = start(payload))
      return *refused;
    wait_for_exit();
    // The run ends with its first process; other processes of the group must not stay behind.
    process_.signal_group(SIGKILL);
    read_all(process_.out, false);
    read_all(process_.err, true);
    return with_progress(outcome(process_.reap()));
  }

private:
  /// Returns why the command has not started, or nothing if it has.
  std::optional<run_result> start(const exec_payload& payload) {
    try {
      if (!watch_.event.is_open()) // The run could not be cancelled.
        return shortage(watch_.error);
      if (progress_.error() != 0)
        return no_progress_file(progress_.error());
      const auto command = command_of(payload);
      const auto error = process_.start(command);
      if (error.stage != exec_start_error::step::none)
        return start_failure(command, error);
    } catch (const std::bad_alloc&) {
      return shortage(ENOMEM);
    }
    return std::nullopt;
  }

  static run_result shortage(int error) {
    return run_result::not_started(std::string{shortage_of(error)}, strerrordesc_np(error));
  }

  /// A kernel that forbids such files is no shortage: the run would come back at once, for ever.
  static run_result no_progress_file(int error) {
    if (!shortage_of(error).empty())
      return shortage(error);
    return run_result::failed("exec_failed", std::string{"cannot create its progress file: "} +
                                                 strerrordesc_np(error));
  }

  [[nodiscard]] exec_command command_of(const exec_payload& payload) const {
    exec_command command;
    command.command = payload.command;
    if (payload.shell)
      command.command = {"/bin/sh", "-c", payload.command.front()};
    command.environment = command_environment(environment_);
    for (const auto& [name, value] : payload.environment)
      command.environment[name] = value;
    command.environment["BELFRY_TASK"] = to_string(current_.task());
    command.environment["BELFRY_TOKEN"] = std::to_string(current_.token().value);
    command.environment["BELFRY_ATTEMPT"] = std::to_string(current_.attempt());
    add_origin(command.environment);
    command.environment["BELFRY_PROGRESS_FILE"] =
        "/proc/self/fd/" + std::to_string(exec_command::progress_descriptor);
    command.progress_file = progress_.number();
    command.directory = payload.directory;
    command.stdin_text = payload.stdin_text;
    return command;
  }

  /// What does not apply is unset, too: the node may be a command of another node itself.
  void add_origin(std::map<std::string, std::string>& environment) const {
    const auto set = [&](const std::string& name, const std::string& value) {
      if (value.empty())
        environment.erase(name);
      else
        environment[name] = value;
    };
    const auto nominal = current_.scheduled_for();
    set("BELFRY_LAST_ATTEMPT", current_.is_last_attempt() ? "1" : "");
    set("BELFRY_QUEUE", current_.queue());
    set("BELFRY_KEY", current_.key());
    set("BELFRY_SCHEDULE", current_.schedule());
    set("BELFRY_SCHEDULED_FOR", nominal ? std::to_string(to_ms(*nominal) / 1'000) : "");
  }

  /// Whether the program that could not be started is a file.
  static bool is_there(const exec_command& command) {
    const auto& name = command.command.front();
    std::error_code ignored;
    return name.find('/') == std::string::npos || // It was found in the PATH.
           std::filesystem::exists(std::filesystem::path{command.directory} / name, ignored);
  }

  static run_result start_failure(const exec_command& command, const exec_start_error& error) {
    using step = exec_start_error::step;
    if (!shortage_of(error.error).empty())
      return shortage(error.error);
    const std::string reason = strerrordesc_np(error.error);
    const auto& program = command.command.front();
    if (error.stage == step::enter_directory)
      return run_result::failed("directory_not_found", command.directory + ": " + reason);
    if (error.stage == step::find || (error.stage == step::start && error.error == ENOENT))
      return run_result::failed_permanently(
          "command_not_found",
          program + ": " +
              (error.stage == step::start && is_there(command)
                   ? "the file is there, but not the interpreter that its first line "
                     "names, which may end in a carriage return"
                   : reason));
    if (error.error == ENOEXEC || error.error == E2BIG || error.error == EACCES)
      return run_result::failed_permanently("exec_failed", program + ": " + reason);
    return run_result::failed("exec_failed", program + ": " + reason);
  }

  /// Returns when the process has ended.
  void wait_for_exit() {
    std::array<pollfd, 4> all{{{process_.exited.number(), POLLIN, 0},
                               {process_.out.number(), POLLIN, 0},
                               {process_.err.number(), POLLIN, 0},
                               {watch_.event.number(), POLLIN, 0}}};
    while (true) {
      if (poll(all.data(), all.size(), milliseconds_to_kill()) < 0 && errno != EINTR)
        return;
      if (all[0].revents != 0)
        return;
      if (all[1].revents != 0 && !read_once(process_.out, false))
        all[1].fd = -1;
      if (all[2].revents != 0 && !read_once(process_.err, true))
        all[2].fd = -1;
      if (all[3].revents != 0)
        follow_stop();
      kill_after_grace();
    }
  }

  /// A command that was told long ago that its worker stops is killed as soon as it is cancelled.
  void follow_stop() {
    watch_.clear();
    if (!terminated_at_) {
      terminated_at_ = steady::now();
      process_.signal_group(SIGTERM);
    }
    if (current_.cancelled())
      kill_at_ = *terminated_at_ + limits_.grace;
  }

  void kill_after_grace() {
    if (!kill_at_ || steady::now() < *kill_at_)
      return;
    process_.signal_group(SIGKILL);
    kill_at_.reset();
  }

  [[nodiscard]] int milliseconds_to_kill() const {
    if (!kill_at_)
      return -1;
    const auto left = std::chrono::ceil<duration>(*kill_at_ - steady::now());
    return static_cast<int>(std::max(left, duration{0}).count());
  }

  /// Returns false once there will be nothing more to read.
  bool read_once(const descriptor& pipe, bool is_error) {
    const auto count = read(pipe.number(), buffer_.data(), buffer_.size());
    if (count < 0)
      return errno == EAGAIN || errno == EINTR;
    const std::string_view bytes{buffer_.data(), static_cast<std::size_t>(count)};
    output_.add(bytes);
    if (is_error)
      errors_.add(bytes);
    return count > 0;
  }

  /// Reads what a pipe holds, and no more: a process that left the group may continue to write.
  void read_all(const descriptor& pipe, bool is_error) {
    for (int n = 0; n < 16; ++n) {
      pollfd watched{pipe.number(), POLLIN, 0};
      if (poll(&watched, 1, 0) <= 0 || !read_once(pipe, is_error))
        return;
    }
  }

  [[nodiscard]] run_result outcome(int status) const {
    if (status == -1)
      return run_result::failed("exec_failed",
                                "its exit status was collected by another part of the program");
    // The status of a command that was asked to stop does not tell whether it has finished.
    if (terminated_at_ && !current_.cancelled())
      return run_result::interrupted();
    if (terminated_at_)
      return run_result::failed("cancelled", "asked to stop" + error_tail());
    if (WIFSIGNALED(status)) {
      const auto* name = sigabbrev_np(WTERMSIG(status));
      return run_result::failed("killed_by_signal", std::string{"killed by signal "} +
                                                        (name ? name : "unknown") + error_tail());
    }
    if (WEXITSTATUS(status) != 0)
      return run_result::failed(
          "exit_status", "exit status " + std::to_string(WEXITSTATUS(status)) + error_tail());
    return run_result::success(output_.text());
  }

  /// What the command has left in its file is for the next attempt; an empty file leaves what there
  /// was before.
  run_result with_progress(run_result result) {
    const auto bytes = progress_.size();
    if (result.end == run_result::verdict::succeeded || bytes == 0)
      return result;
    if (bytes > saved_progress_bytes_max)
      return run_result::failed(progress_too_large,
                                "BELFRY_PROGRESS_FILE has " + std::to_string(bytes) +
                                    " bytes, expected at most " +
                                    std::to_string(saved_progress_bytes_max) + error_tail());
    auto progress = progress_.content(bytes);
    if (progress != current_.previous_progress())
      (void)current_.save_progress(std::move(progress));
    return result;
  }

  [[nodiscard]] std::string error_tail() const {
    auto lines = errors_.last_lines(lines_reported, line_bytes_reported);
    if (lines.empty())
      lines = output_.last_lines(lines_reported, line_bytes_reported);
    return lines.empty() ? lines : ": " + lines;
  }

  run& current_;
  const exec_limits& limits_;
  const exec_environment environment_;
  exec_output output_;
  exec_output errors_{2 * line_bytes_reported};
  stop_watch watch_;
  const exec_progress progress_;
  exec_process process_;
  std::optional<steady::time_point> terminated_at_; // When the command got SIGTERM.
  std::optional<steady::time_point> kill_at_;
  std::array<char, 64 * 1024> buffer_;
};

} // namespace

handler exec_handler(exec_limits limits, exec_environment environment) {
  keep_exit_statuses();
  return [limits, environment](run& current) {
    auto payload = parse_exec_payload(current.payload());
    if (!payload)
      return run_result::failed_permanently("invalid_payload", payload.error().what);
    return exec_run{current, limits, environment}.execute(*payload);
  };
}

} // namespace belfry
