#include "child.hpp"

#include "payload.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace belfry::bench {

namespace {

[[noreturn]] void become(const std::vector<std::string>& arguments, const std::string& log,
                         const int (&to_child)[2], const int (&from_child)[2]) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto errors = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(to_child[0], STDIN_FILENO);
  ::dup2(from_child[1], STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  std::vector<char*> words{program_invocation_name};
  for (const auto& word : arguments)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execv("/proc/self/exe", words.data());
  std::_Exit(127);
}

} // namespace

child::child(const std::vector<std::string>& arguments, const std::string& log)
    : name_(arguments.front()) {
  int to_child[2];
  int from_child[2];
  if (::pipe2(to_child, O_CLOEXEC) != 0 || ::pipe2(from_child, O_CLOEXEC) != 0)
    die("no pipe for a child process");
  id_ = ::fork();
  if (id_ < 0)
    die("no child process");
  if (id_ == 0)
    become(arguments, log, to_child, from_child);
  ::close(to_child[0]);
  ::close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
}

child::~child() {
  kill();
  close_input();
  ::close(output_);
}

std::optional<std::string> child::read_line(std::int64_t timeout_ms) {
  const auto end_us = now_us() + timeout_ms * 1000;
  for (;;) {
    if (const auto end = unread_.find('\n'); end != std::string::npos) {
      auto line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    pollfd waiting{output_, POLLIN, 0};
    const auto left_ms = (end_us - now_us() + 999) / 1000;
    if (left_ms < 0 || ::poll(&waiting, 1, static_cast<int>(left_ms)) <= 0)
      return std::nullopt;
    char some[4096];
    const auto count = ::read(output_, some, sizeof some);
    if (count <= 0)
      return std::nullopt;
    unread_.append(some, static_cast<std::size_t>(count));
  }
}

std::string child::expect_line(std::int64_t timeout_ms) {
  auto line = read_line(timeout_ms);
  if (!line)
    die("the process '" + name_ + "' did not answer");
  return *line;
}

void child::write_line(const std::string& line) {
  const auto text = line + "\n";
  if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    die("the process '" + name_ + "' does not listen");
}

void child::close_input() {
  if (input_ >= 0)
    ::close(input_);
  input_ = -1;
}

void child::kill() {
  if (is_reaped_)
    return;
  ::kill(id_, SIGKILL);
  reap(true);
}

bool child::finish(std::int64_t timeout_ms) {
  const auto end_us = now_us() + timeout_ms * 1000;
  while (!reap(false) && now_us() < end_us)
    ::usleep(2'000);
  kill();
  return WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
}

bool child::reap(bool waits) {
  if (is_reaped_)
    return true;
  rusage used{};
  if (::wait4(id_, &status_, waits ? 0 : WNOHANG, &used) != id_)
    return false;
  is_reaped_ = true;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  cpu_seconds_ = seconds(used.ru_utime) + seconds(used.ru_stime);
  return true;
}

} // namespace belfry::bench
