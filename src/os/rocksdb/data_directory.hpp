#pragma once

#include "belfry/result.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace belfry {

/// A directory that this process alone uses for as long as the object lives.
class data_directory {
public:
  /// Creates `path` unless it exists, and locks it. The failure says what is wrong with it, or
  /// which process has it.
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
  int descriptor_; // Of the lock file; the lock ends with it, and with the process.
};

/// The number of shards in the format file of `directory`; 0 if there is no such file.
[[nodiscard]] result<std::uint16_t> read_format(const std::string& directory);

/// Writes the format file of `directory`, durably and all at once.
[[nodiscard]] result<done> write_format(const data_directory& directory, std::uint16_t shards);

/// `path: what: ` and what the system says of the error that the last call ended with.
[[nodiscard]] failure system_failure(const std::string& path, const std::string& what);

} // namespace belfry
