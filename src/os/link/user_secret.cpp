#include "os/link/user_secret.hpp"

#include "os/descriptor.hpp"
#include "os/entropy.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace belfry {

namespace {

constexpr std::size_t made_bytes = 32;
constexpr std::size_t secret_bytes_min = 16;
constexpr std::size_t secret_bytes_max = 4096;
constexpr mode_t open_to_others = 077;

failure refusal(const std::string& path, const std::string& what) {
  return {errc::storage, path + ": " + what};
}

failure system_refusal(const std::string& path, const std::string& what) {
  return refusal(path, what + ": " + std::strerror(errno));
}

/// Whether this user alone may use `path`; the failure says who else may.
result<done> check_own(const std::string& path, bool is_directory) {
  struct stat about {};
  if (lstat(path.c_str(), &about) != 0)
    return system_refusal(path, "cannot be looked at");
  if (is_directory ? !S_ISDIR(about.st_mode) : !S_ISREG(about.st_mode))
    return refusal(path, is_directory ? "is no directory" : "is no file");
  if (about.st_uid != geteuid())
    return refusal(path, "belongs to another user");
  if ((about.st_mode & open_to_others) != 0)
    return refusal(path, is_directory ? "is open to others; expected mode 0700"
                                      : "is open to others; expected mode 0600");
  return done{};
}

/// Up to one byte more than a secret may have.
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

/// Written apart and put in place at once: nobody reads half a secret, and who comes second takes
/// that of the first.
result<done> make_secret(const std::string& path) {
  const auto draft = path + "." + std::to_string(getpid()) + "-" + std::to_string(entropy_seed());
  descriptor file{open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!file.is_open())
    return system_refusal(draft, "cannot be made");
  const auto secret = entropy_bytes(made_bytes);
  const auto written = write(file.number(), secret.data(), secret.size());
  file.close();
  const bool is_whole = written == static_cast<ssize_t>(secret.size());
  const bool is_placed = is_whole && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const auto why = system_refusal(path, "cannot be made");
  unlink(draft.c_str());
  if (!is_placed)
    return why;
  return done{};
}

/// Of the user's entry among the accounts; empty if there is none that the user owns.
std::string home() {
  std::vector<char> space(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, space.data(), space.size(), &found) != 0 || !found)
    return {};
  struct stat about {};
  if (stat(entry.pw_dir, &about) != 0 || !S_ISDIR(about.st_mode) || about.st_uid != geteuid() ||
      access(entry.pw_dir, W_OK) != 0)
    return {};
  return entry.pw_dir;
}

} // namespace

result<std::string> user_secret(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return system_refusal(directory, "cannot be made");
  if (const auto own = check_own(directory, true); !own)
    return own.error();
  const auto path = directory + "/secret";
  if (access(path.c_str(), F_OK) != 0)
    if (const auto made = make_secret(path); !made)
      return made.error();
  if (const auto own = check_own(path, false); !own)
    return own.error();
  auto secret = read_start(path);
  if (secret && secret->size() != made_bytes)
    return refusal(path, "holds " + std::to_string(secret->size()) + " bytes, expected " +
                             std::to_string(made_bytes) + "; remove it");
  return secret;
}

std::string user_directory() {
  const auto own_home = home();
  if (!own_home.empty())
    return own_home + "/.belfry";
  return "/tmp/belfry-" + std::to_string(geteuid());
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
