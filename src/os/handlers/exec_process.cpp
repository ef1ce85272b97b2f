#include "os/handlers/exec_process.hpp"

#include "os/descriptor_limit.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string_view>

namespace belfry {

namespace {

using step = exec_start_error::step;

/// What the child needs between clone and exec, where it must not allocate.
struct child_setup {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* directory; // Null: unchanged.
  int in;
  int out;
  int err;
  int progress; // -1: none.
  pid_t parent;
  std::optional<rlimit> descriptors; // Nothing: unchanged.
  exec_start_error error{};          // By the child.
};

/// A descriptor that is none of 0, 1 and 2, which the child overwrites.
descriptor above_stdio(descriptor opened) {
  if (!opened.is_open() || opened.number() > STDERR_FILENO)
    return opened;
  return descriptor{fcntl(opened.number(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
}

struct pipe_ends {
  descriptor read;
  descriptor write;
};

pipe_ends make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return {};
  pipe_ends both{above_stdio(descriptor{ends[0]}), above_stdio(descriptor{ends[1]})};
  if (both.read.is_open())
    fcntl(both.read.number(), F_SETFL, O_NONBLOCK);
  return both;
}

/// A file in memory that holds `text`, read from its beginning; none, and `errno`, if that fails.
descriptor make_input(const std::string& text) {
  if (text.empty())
    return above_stdio(descriptor{open("/dev/null", O_RDONLY | O_CLOEXEC)});
  auto file = above_stdio(descriptor{memfd_create("belfry-stdin", MFD_CLOEXEC)});
  for (std::size_t done = 0; file.is_open() && done < text.size();) {
    const auto count = write(file.number(), text.data() + done, text.size() - done);
    if (count <= 0) {
      errno = ENOMEM; // It may say ENOSPC, as if there were a disk.
      return {};
    }
    done += static_cast<std::size_t>(count);
  }
  if (file.is_open() && lseek(file.number(), 0, SEEK_SET) != 0)
    return {};
  return file;
}

bool is_program(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         access(path.c_str(), X_OK) == 0;
}

/// The path of the command's program; nothing if no directory of PATH has it. A name with a slash
/// is left to the kernel, relative to the working directory of the process.
std::optional<std::string> find_program(const exec_command& command) {
  const auto& name = command.command.front();
  if (name.find('/') != std::string::npos)
    return name;
  const auto path = command.environment.find("PATH");
  std::string_view left = path == command.environment.end() ? "/usr/local/bin:/usr/bin:/bin"
                                                            : std::string_view{path->second};
  while (!left.empty()) {
    const auto colon = left.find(':');
    const auto folder = left.substr(0, colon);
    left = colon == std::string_view::npos ? std::string_view{} : left.substr(colon + 1);
    auto candidate = std::string{folder.empty() ? "." : folder} + '/' + name;
    if (is_program(candidate))
      return candidate;
  }
  return std::nullopt;
}

// The sanitizer would mark the child's frames in memory that the parent uses again.
[[noreturn, gnu::no_sanitize("address")]] void fail_in_child(child_setup& setup, step stage) {
  setup.error = {stage, errno};
  _exit(127);
}

/// Executes the program in the child. The child shares its parent's memory until then, so it only
/// makes system calls.
[[noreturn, gnu::no_sanitize("address")]] void exec_in_child(child_setup& setup) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != setup.parent)
    _exit(127); // The parent died before PR_SET_PDEATHSIG took effect.
  for (int number = 1; number < NSIG; ++number)
    signal(number, SIG_DFL);
  if (dup2(setup.in, STDIN_FILENO) < 0 || dup2(setup.out, STDOUT_FILENO) < 0 ||
      dup2(setup.err, STDERR_FILENO) < 0)
    fail_in_child(setup, step::prepare);
  close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (setup.progress >= 0 && dup2(setup.progress, exec_command::progress_descriptor) < 0)
    fail_in_child(setup, step::prepare);
  if (setup.descriptors)
    setrlimit(RLIMIT_NOFILE, &*setup.descriptors);
  if (setup.directory && chdir(setup.directory) != 0)
    fail_in_child(setup, step::enter_directory);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(setup.program, setup.arguments, setup.environment);
  fail_in_child(setup, step::start);
}

[[gnu::no_sanitize("address")]] int run_child(void* setup) {
  exec_in_child(*static_cast<child_setup*>(setup));
}

struct started_child {
  pid_t pid = -1;
  descriptor exited; // Readable once the child has ended.
};

/// Starts the child with all signals blocked, so that no signal handler of this program runs in it.
/// As vfork does, because fork would copy the page tables of a node that may hold gigabytes; and
/// with the child's descriptor, so that no command runs that could not be watched for the lack of
/// one.
started_child start_child(child_setup& setup) {
  alignas(16) std::array<char, 64 * 1024> stack; // Not initialised.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int watch = -1;
  const pid_t child = clone(run_child, stack.data() + stack.size(),
                            CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &setup, &watch);
  if (child < 0)
    setup.error = {step::prepare, errno};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {child, descriptor{child < 0 ? -1 : watch}};
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (auto& text : texts)
    all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> as_lines(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> lines;
  lines.reserve(environment.size());
  for (const auto& [name, value] : environment)
    lines.push_back(name + '=' + value);
  return lines;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR)
      return -1;
  }
  return status;
}

} // namespace

std::string_view shortage_of(int error) {
  switch (error) {
  case EMFILE:
  case ENFILE:
    return "descriptors";
  case EAGAIN:
    return "processes";
  case ENOMEM:
    return "memory";
  default:
    return {};
  }
}

exec_start_error exec_process::start(const exec_command& command) {
  const auto program = find_program(command);
  if (!program)
    return {step::find, ENOENT};
  const auto in = make_input(command.stdin_text);
  if (!in.is_open())
    return {step::prepare, errno};
  auto to_out = make_pipe();
  if (!to_out.write.is_open() || !to_out.read.is_open())
    return {step::prepare, errno};
  auto to_err = make_pipe();
  if (!to_err.write.is_open() || !to_err.read.is_open())
    return {step::prepare, errno};
  auto words = command.command;
  auto lines = as_lines(command.environment);
  const auto arguments = pointers_to(words);
  const auto environment = pointers_to(lines);
  child_setup setup{.program = program->c_str(),
                    .arguments = arguments.data(),
                    .environment = environment.data(),
                    .directory = command.directory.empty() ? nullptr : command.directory.c_str(),
                    .in = in.number(),
                    .out = to_out.write.number(),
                    .err = to_err.write.number(),
                    .progress = command.progress_file,
                    .parent = getpid(),
                    .descriptors = inherited_descriptor_limit()};
  auto child = start_child(setup);
  pid_ = std::max(child.pid, 0);
  if (setup.error.stage != step::none) {
    if (pid_ > 0)
      (void)reap();
    return setup.error;
  }
  exited = std::move(child.exited);
  out = std::move(to_out.read);
  err = std::move(to_err.read);
  return {};
}

exec_process::~exec_process() {
  if (pid_ <= 0)
    return;
  signal_group(SIGKILL);
  (void)reap();
}

void exec_process::signal_group(int signal) const {
  kill(-pid_, signal);
}

int exec_process::reap() {
  return wait_for(std::exchange(pid_, 0));
}

} // namespace belfry
