#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace belfry::test {

/// Runs `body` in a forked process, which it may change as it likes. Returns the status that `body`
/// returns, or 128 and the number of the signal that ended the process. A body that hangs is ended
/// by SIGALRM.
template <class Body>
int status_of_forked(Body body) {
  const auto child = fork();
  if (child == 0) {
    alarm(60);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace belfry::test
