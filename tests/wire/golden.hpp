#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace belfry {

/// One file of `golden/`: bytes that a version of belfry wrote, and the message they hold.
struct golden_file {
  std::string generation; ///< the directory: 1, 2, …
  std::string name;       ///< of the file, without its extension
  std::string bytes;
  std::string text; ///< the same message in Protobuf's text format; empty for events
};

/// All golden files, in order of generation and name.
[[nodiscard]] std::vector<golden_file> read_golden_files();

/// Adds `file` to `golden/` unless one of this name exists: golden files never change.
void write_golden_file(const golden_file& file);

/// The newest generation: the one that new files are added to.
constexpr auto golden_generation = "1";

} // namespace belfry
