#include "os/init_process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

namespace belfry {

namespace {

constexpr int status_of_signal = 128;

/// All but those that a fault of this process raises.
sigset_t signals_to_pass_on() {
  sigset_t set;
  sigfillset(&set);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS})
    sigdelset(&set, fault);
  return set;
}

/// Collects all processes that have ended; returns the exit status of `child` if it is one of them.
std::optional<int> collect_ended(pid_t child) {
  std::optional<int> ended;
  int status = 0;
  for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    if (pid == child)
      ended = WIFEXITED(status) ? WEXITSTATUS(status) : status_of_signal + WTERMSIG(status);
  return ended;
}

[[noreturn]] void serve_as_init(pid_t child, const sigset_t& signals) {
  for (;;) {
    const int signal = sigwaitinfo(&signals, nullptr);
    if (signal == SIGCHLD) {
      if (const auto status = collect_ended(child))
        _exit(*status);
    } else if (signal > 0) {
      kill(child, signal);
    }
  }
}

/// SIGTTOU is blocked here, which allows a process of the background to take the terminal.
void lead_terminal_group() {
  setpgid(0, 0);
  if (isatty(STDIN_FILENO))
    tcsetpgrp(STDIN_FILENO, getpid());
}

} // namespace

bool is_init_process() {
  return getpid() == 1;
}

void continue_below_init() {
  signal(SIGCHLD, SIG_DFL); // If it is ignored, the kernel keeps no exit statuses.
  const auto signals = signals_to_pass_on();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);
  const pid_t child = fork();
  if (child > 0)
    serve_as_init(child, signals);
  if (child == 0)
    lead_terminal_group();
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

} // namespace belfry
