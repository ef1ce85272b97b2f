#pragma once

#include "belfry/result.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace belfry {

/// A directory that is locked for this process while the object lives.
class data_directory {
public:
  /// Creates `path` unless it exists, and locks it. The failure says what is wrong with the path,
  /// or which process has locked it.
  [[nodiscard]] static result<std::shared_ptr<data_directory>> lock(const std::string& path);

  data_directory(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  data_directory(const data_directory&) = delete;
  data_directory& operator=(const data_directory&) = delete;
  ~data_directory();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
  int descriptor_; // Of the lock file; closing it, or the end of the process, releases the lock.
};

/// The number of shards in the format file of `directory`; 0 if there is no such file.
[[nodiscard]] result<std::uint16_t> read_format(const std::string& directory);

/// Writes the format file of `directory` durably and atomically.
[[nodiscard]] result<done> write_format(const data_directory& directory, std::uint16_t shard_count);

/// `path: problem: ` and the system's text for the current `errno`.
[[nodiscard]] failure system_failure(const std::string& path, const std::string& problem);

} // namespace belfry
