#include "os/rocksdb/data_directory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace belfry {

namespace {

constexpr auto lock_name = "/belfry.lock";
constexpr auto format_name = "/format";
constexpr auto format_text = "belfry journal format 1\nshards ";

std::string parent_of(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  const auto slash = path.rfind('/', end);
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

result<done> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0)
    return done{};
  if (errno == ENOENT)
    return failure{errc::storage, path + ": its parent directory " + parent_of(path) +
                                      " does not exist; create it first"};
  if (errno != EEXIST)
    return system_failure(path, "cannot create the data directory");
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0)
    return system_failure(path, "cannot inspect the data directory");
  if (!S_ISDIR(found.st_mode))
    return failure{errc::storage, path + ": is not a directory; a data directory is needed"};
  return done{};
}

/// The process that holds the lock, which it has written into the lock file.
std::string holder(int descriptor) {
  char text[32] = {};
  const auto length = ::pread(descriptor, text, sizeof text - 1, 0);
  const auto id = length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "?";
  if (id == std::to_string(::getpid()))
    return "this process (" + id + ")";
  return "another process (" + id + ")";
}

bool write_all(int descriptor, const std::string& text) {
  return ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool write_and_sync(const std::string& path, const std::string& text) {
  const auto descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0)
    return false;
  const auto is_written = write_all(descriptor, text) && ::fsync(descriptor) == 0;
  return ::close(descriptor) == 0 && is_written;
}

bool sync_directory(const std::string& path) {
  const auto descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return false;
  const auto is_synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return is_synced;
}

} // namespace

failure system_failure(const std::string& path, const std::string& problem) {
  return {errc::storage, path + ": " + problem + ": " + std::generic_category().message(errno)};
}

result<std::shared_ptr<data_directory>> data_directory::lock(const std::string& path) {
  if (auto made = make_directory(path); !made.ok())
    return made.error();
  const auto file = path + lock_name;
  const auto descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0)
    return system_failure(path, "cannot write to the data directory");
  auto locked = std::make_shared<data_directory>(path, descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return system_failure(path, "cannot lock the data directory");
    return failure{errc::unavailable,
                   path + ": " + holder(descriptor) +
                       " has this data directory open; only one process may use it"};
  }
  if (::ftruncate(descriptor, 0) != 0 || !write_all(descriptor, std::to_string(::getpid())))
    return system_failure(path, "cannot write to the data directory");
  return locked;
}

data_directory::data_directory(std::string path, int descriptor)
    : path_(std::move(path)), lock_path_(path_ + lock_name), descriptor_(descriptor) {
  struct stat found {};
  if (::fstat(descriptor_, &found) != 0)
    return;
  device_ = found.st_dev;
  inode_ = found.st_ino;
}

data_directory::~data_directory() {
  ::close(descriptor_);
}

/// An error of the disk says nothing about the place: the write that follows will meet it, too.
bool data_directory::is_in_place() const {
  struct stat found {};
  if (::stat(lock_path_.c_str(), &found) != 0)
    return errno != ENOENT && errno != ENOTDIR;
  return inode_ == 0 || (found.st_dev == device_ && found.st_ino == inode_);
}

result<std::uint16_t> read_format(const std::string& directory) {
  std::ifstream file(directory + format_name);
  if (!file) {
    if (errno == ENOENT)
      return std::uint16_t{0};
    return system_failure(directory + format_name, "cannot be read");
  }
  std::string text{std::istreambuf_iterator<char>(file), {}};
  unsigned shard_count = 0;
  if (text.starts_with(format_text))
    std::istringstream(text.substr(std::string(format_text).size())) >> shard_count;
  if (shard_count == 0 || shard_count > 0xffff)
    return failure{errc::corrupt, directory + format_name +
                                      ": expected 'belfry journal format 1' and 'shards N'; it "
                                      "is damaged, or of a newer belfry"};
  return static_cast<std::uint16_t>(shard_count);
}

result<done> write_format(const data_directory& directory, std::uint16_t shard_count) {
  const auto path = directory.path() + format_name;
  const auto text = format_text + std::to_string(shard_count) + "\n";
  if (!write_and_sync(path + ".new", text) ||
      ::rename((path + ".new").c_str(), path.c_str()) != 0 || !sync_directory(directory.path()))
    return system_failure(path, "cannot be written");
  return done{};
}

std::string without_last_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  return path;
}

result<done> sync_parent(const std::string& path) {
  if (!sync_directory(parent_of(path)))
    return system_failure(parent_of(path), "cannot be written");
  return done{};
}

} // namespace belfry
