#include "os/handlers/exec_progress.hpp"

#include "os/handlers/exec_process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace belfry {

namespace {

descriptor make_file() {
  descriptor file{memfd_create("belfry-progress", MFD_CLOEXEC)};
  if (!file.is_open() || file.number() > exec_command::progress_descriptor)
    return file;
  return descriptor{fcntl(file.number(), F_DUPFD_CLOEXEC, exec_command::progress_descriptor + 1)};
}

} // namespace

exec_progress::exec_progress(std::string_view previous) : file_(make_file()) {
  if (!file_.is_open())
    error_ = errno;
  else if (pwrite(file_.number(), previous.data(), previous.size(), 0) !=
           static_cast<ssize_t>(previous.size()))
    error_ = ENOMEM; // It may say ENOSPC, as if there were a disk.
}

std::size_t exec_progress::size() const {
  struct stat status {};
  return fstat(file_.number(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

std::string exec_progress::content(std::size_t bytes_max) const {
  std::string text(bytes_max, '\0');
  const auto count = pread(file_.number(), text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

} // namespace belfry
