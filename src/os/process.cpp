#include "os/process.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
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

void skip_destructors_at_exit() {
  ::on_exit(
      [](int status, void*) {
        std::fflush(nullptr);
        ::_exit(status);
      },
      nullptr);
}

} // namespace belfry
