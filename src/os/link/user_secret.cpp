#include "os/link/user_secret.hpp"

#include "os/descriptor.hpp"
#include "os/entropy.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace belfry {

namespace {

constexpr std::size_t user_secret_bytes = 32;
constexpr std::size_t secret_bytes_min = 16;
constexpr std::size_t secret_bytes_max = 4096;
constexpr mode_t open_to_others = 077;

bool is_descriptor_shortage(int error) {
  return error == EMFILE || error == ENFILE;
}

failure refusal(const std::string& path, const std::string& message) {
  return {errc::storage, path + ": " + message};
}

/// For the reason in `errno`.
failure system_refusal(const std::string& path, const std::string& message) {
  const auto error = errno;
  return {is_descriptor_shortage(error) ? errc::overloaded : errc::storage,
          path + ": " + message + ": " + std::strerror(error)};
}

/// Fails unless only this user may access `path`; the failure says who else may.
result<done> check_private(const std::string& path, bool is_directory) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0)
    return system_refusal(path, "cannot be inspected");
  if (is_directory ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode))
    return refusal(path, is_directory ? "is not a directory" : "is not a file");
  if (status.st_uid != geteuid())
    return refusal(path, "belongs to another user");
  if ((status.st_mode & open_to_others) != 0)
    return refusal(path, is_directory ? "is open to others; expected mode 0700"
                                      : "is open to others; expected mode 0600");
  return done{};
}

/// Reads slightly more than a secret may have at most: a longer file is recognised.
result<std::string> read_start(const std::string& path) {
  const descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open())
    return system_refusal(path, "cannot be read");
  std::string text(secret_bytes_max + 2, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto count = read(file.number(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return system_refusal(path, "cannot be read");
    if (count == 0)
      break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

/// Writes a temporary file and links it into place: no process reads half a secret, and the second
/// of two processes uses the secret of the first.
result<done> create_secret(const std::string& path) {
  const auto draft = path + "." + std::to_string(getpid()) + "-" + std::to_string(entropy_seed());
  descriptor file{open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!file.is_open())
    return system_refusal(draft, "cannot be created");
  const auto secret = entropy_bytes(user_secret_bytes);
  const auto written = write(file.number(), secret.data(), secret.size());
  file.close();
  const bool is_whole = written == static_cast<ssize_t>(secret.size());
  const bool is_in_place =
      is_whole && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const auto error = system_refusal(path, "cannot be created");
  unlink(draft.c_str());
  if (!is_in_place)
    return error;
  return done{};
}

/// The home directory in the user's account; empty if there is none, or the user does not own it or
/// cannot write to it. Fails for want of a descriptor, in which the search for the account finds
/// nothing: this would lead to another secret.
result<std::string> home() {
  constexpr auto accounts = "/etc/passwd";
  descriptor file{open(accounts, O_RDONLY | O_CLOEXEC)};
  if (!file.is_open() && is_descriptor_shortage(errno))
    return system_refusal(accounts, "cannot be read");
  file.close(); // The search takes it.
  std::vector<char> space(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, space.data(), space.size(), &found) != 0 || !found)
    return std::string{};
  struct stat status {};
  if (stat(entry.pw_dir, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
      access(entry.pw_dir, W_OK) != 0)
    return std::string{};
  return std::string{entry.pw_dir};
}

} // namespace

result<std::string> user_secret(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return system_refusal(directory, "cannot be created");
  if (const auto checked = check_private(directory, true); !checked)
    return checked.error();
  const auto path = directory + "/secret";
  if (access(path.c_str(), F_OK) != 0)
    if (const auto created = create_secret(path); !created)
      return created.error();
  if (const auto checked = check_private(path, false); !checked)
    return checked.error();
  auto secret = read_start(path);
  if (secret && secret->size() != user_secret_bytes)
    return refusal(path, "holds " + std::to_string(secret->size()) + " bytes, expected " +
                             std::to_string(user_secret_bytes) + "; remove it");
  return secret;
}

result<std::string> user_directory() {
  if (const char* directory = std::getenv("BELFRY_HOME"); directory && *directory)
    return std::string{directory};
  const auto own_home = home();
  if (!own_home)
    return own_home.error();
  return own_home->empty() ? "/tmp/belfry-" + std::to_string(geteuid()) : *own_home + "/.belfry";
}

result<std::string> read_secret_file(const std::string& file) {
  auto text = read_start(file);
  if (!text)
    return failure{errc::invalid_argument, "secret_file: " + text.error().what};
  for (const char end : {'\n', '\r'})
    if (!text->empty() && text->back() == end)
      text->pop_back();
  if (text->size() < secret_bytes_min || text->size() > secret_bytes_max)
    return failure{errc::invalid_argument,
                   "secret_file: " + file + " holds " +
                       (text->size() > secret_bytes_max ? "more" : std::to_string(text->size())) +
                       " bytes, expected 16 to 4096"};
  return text;
}

} // namespace belfry
