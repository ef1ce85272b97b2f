#pragma once

#include "belfry/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>

namespace belfry {

/// A directory that is locked for this process while the object lives.
class data_directory {
public:
  /// Creates `path` unless it exists, and locks it. The failure says what is wrong with the path,
  /// or which process has locked it.
  [[nodiscard]] static result<std::shared_ptr<data_directory>> lock(const std::string& path);

  data_directory(std::string path, int descriptor);
  data_directory(const data_directory&) = delete;
  data_directory& operator=(const data_directory&) = delete;
  ~data_directory();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

  /// Whether the path still leads to this directory: not after it was removed, renamed, replaced or
  /// unmounted. Files that are open can be written and synced all the same, but nobody will find
  /// them again. One system call.
  [[nodiscard]] bool is_in_place() const;

private:
  std::string path_;
  std::string lock_path_;
  int descriptor_; // Of the lock file; closing it, or the end of the process, releases the lock.
  dev_t device_ = 0;
  ino_t inode_ = 0; // Of the lock file: 0 if unknown.
};

/// The number of shards in the format file of `directory`; 0 if there is no such file.
[[nodiscard]] result<std::uint16_t> read_format(const std::string& directory);

/// Writes the format file of `directory` durably and atomically.
[[nodiscard]] result<done> write_format(const data_directory& directory, std::uint16_t shard_count);

/// Makes the entry of `path` in its parent directory durable.
[[nodiscard]] result<done> sync_parent(const std::string& path);

/// Of the same directory, as names are made from it.
[[nodiscard]] std::string without_last_slashes(std::string path);

/// `path: problem: ` and the system's text for the current `errno`.
[[nodiscard]] failure system_failure(const std::string& path, const std::string& problem);

} // namespace belfry
