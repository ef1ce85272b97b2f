#include "os/process.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <thread>
#include <unistd.h>

namespace belfry {

std::string host_name() {
  char host[256] = {};
  const bool is_known = ::gethostname(host, sizeof host - 1) == 0 && host[0] != '\0';
  return is_known ? host : "node";
}

std::string process_name() {
  return host_name() + "-" + std::to_string(::getpid());
}

std::size_t processor_count() {
  return std::max(1U, std::thread::hardware_concurrency());
}

void ignore_sigpipe() {
  struct sigaction present {};
  if (sigaction(SIGPIPE, nullptr, &present) == 0 && present.sa_handler == SIG_DFL)
    std::signal(SIGPIPE, SIG_IGN);
}

void open_standard_descriptors() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(number, F_GETFD) < 0 && // The lowest that is closed: `open` returns it.
        ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
      return;
}

bool has_output_lost_its_reader() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
}

void keep_exit_statuses() {
  struct sigaction present {};
  if (sigaction(SIGCHLD, nullptr, &present) != 0)
    return;
  if (present.sa_handler == SIG_IGN)
    present.sa_handler = SIG_DFL;
  present.sa_flags &= ~SA_NOCLDWAIT;
  sigaction(SIGCHLD, &present, nullptr);
}

void skip_destructors_at_exit() {
  ::on_exit(
      [](int status, void*) {
        std::fflush(nullptr);
        ::_exit(status);
      },
      nullptr);
}

} // namespace belfry
