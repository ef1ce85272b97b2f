#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace belfry::test {

/// What a process has used so far, as the system counts it.
struct process_usage {
  explicit process_usage(int pid) {
    const auto folder = "/proc/" + std::to_string(pid);
    std::ifstream file{folder + "/stat"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    std::istringstream fields{text.substr(text.rfind(')') + 1)};
    std::vector<std::string> words;
    for (std::string word; fields >> word;)
      words.push_back(word);
    REQUIRE(words.size() > 21); // Numbered as in proc(5), less the first two.
    processor_s = std::stod(words[11]) + std::stod(words[12]);
    processor_s /= static_cast<double>(sysconf(_SC_CLK_TCK));
    memory_mib = std::stol(words[21]) * (sysconf(_SC_PAGESIZE) / 1024) / 1024;
    const std::filesystem::directory_iterator entries{folder + "/fd"};
    descriptors = static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }

  double processor_s = 0;
  long memory_mib = 0;
  std::size_t descriptors = 0; ///< open ones
};

} // namespace belfry::test
