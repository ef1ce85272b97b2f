#include "os/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace belfry {

namespace {

constexpr std::size_t piece_bytes = 64 * 1024;

failure cannot_read(const std::string& name) {
  const auto reason = errno == EBADF ? "it is closed, or not open for reading"
                                     : std::generic_category().message(errno);
  return {errc::invalid_argument, "cannot read " + name + ": " + reason};
}

/// How many bytes a regular file has from its present position on.
std::optional<std::uint64_t> size_of_rest(int file) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode))
    return std::nullopt;
  const auto position = ::lseek(file, 0, SEEK_CUR);
  if (position < 0 || position >= facts.st_size)
    return std::nullopt;
  return static_cast<std::uint64_t>(facts.st_size - position);
}

} // namespace

input_file::input_file(descriptor file, std::string name)
    : file_(std::move(file)), name_(std::move(name)), size_(size_of_rest(input())) {}

result<input_file> input_file::open(const std::string& path) {
  if (path == "-")
    return input_file{descriptor{}, "the standard input"};
  const auto name = "the file '" + path + "'";
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open())
    return cannot_read(name);
  return input_file{std::move(file), name};
}

result<bool> input_file::fill() {
  if (position_ < buffer_.size())
    return true;
  if (guard_ && !guard_(input()))
    return false;
  buffer_.resize(piece_bytes);
  position_ = 0;
  ssize_t size = 0;
  do
    size = ::read(input(), buffer_.data(), buffer_.size());
  while (size < 0 && errno == EINTR);
  buffer_.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  bytes_read_ += buffer_.size();
  if (size < 0)
    return cannot_read(name_);
  return size > 0;
}

int input_file::input() const {
  return file_.is_open() ? file_.number() : STDIN_FILENO;
}

result<std::optional<input_line>> input_file::read_line(std::size_t bytes_max) {
  input_line line;
  bool is_begun = false;
  for (;;) {
    const auto has_more = fill();
    if (!has_more)
      return has_more.error();
    if (!*has_more)
      return is_begun ? std::optional{std::move(line)} : std::nullopt;
    is_begun = true;
    const auto end = std::min(buffer_.find('\n', position_), buffer_.size());
    const auto size = end - position_;
    const auto kept = std::min(size, bytes_max - line.text.size());
    line.text.append(buffer_, position_, kept);
    line.is_too_long = line.is_too_long || kept < size;
    position_ = std::min(end + 1, buffer_.size());
    if (end < buffer_.size())
      return std::optional{std::move(line)};
  }
}

result<std::string> input_file::read_all() {
  std::string bytes;
  for (;;) {
    const auto has_more = fill();
    if (!has_more)
      return has_more.error();
    if (!*has_more)
      return bytes;
    bytes.append(buffer_, position_);
    position_ = buffer_.size();
  }
}

result<std::string> read_file(const std::string& path) {
  auto file = input_file::open(path);
  if (!file)
    return file.error();
  return file->read_all();
}

} // namespace belfry
