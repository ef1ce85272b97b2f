#include "rocksdb_fixture.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace belfry {

void rocksdb_fixture::in_killed_process(const std::function<void(rocksdb_fixture&)>& actions) {
  store.reset();
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto opened = open_rocksdb_journal(options);
    if (!opened.ok() || !(*opened)->acquire(shard, 0, ownership).ok())
      ::_exit(1);
    store = *opened;
    actions(*this);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

std::string rocksdb_fixture::newest(const std::string& extension) const {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(options.directory))
    if (entry.path().extension() == extension)
      paths.push_back(entry.path().string());
  REQUIRE_FALSE(paths.empty());
  return *std::max_element(paths.begin(), paths.end());
}

void flip_bit(const std::string& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const auto byte = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 1));
  REQUIRE(file.good());
}

void append_to(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::app | std::ios::binary);
  file << bytes;
  REQUIRE(file.good());
}

bool contains_all(const std::string& text, const std::vector<std::string>& parts) {
  return std::all_of(parts.begin(), parts.end(),
                     [&](const auto& part) { return text.find(part) != std::string::npos; });
}

} // namespace belfry
