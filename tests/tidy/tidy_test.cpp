// The style guide, executed: see docs/style.md.
#include "links.hpp"
#include "mutations.hpp"
#include "rooms.hpp"
#include "source_tree.hpp"
#include "words.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

using namespace belfry::tidy;

namespace {

constexpr std::size_t columns_max = 100;
constexpr std::size_t file_lines_max = 400;
constexpr std::size_t function_lines_max = 50;
constexpr std::size_t folder_files_max = 30;

/// Sources without a test of their own, with the reason.
struct exception {
  std::string path;
  std::string reason;
};
const std::vector<exception>& untested() {
  static const std::vector<exception> table{
      {"sim/cli/main.cpp", "the flags of belfry-sim; its parts are tested"},
      {"sim/scenario/sim_client.cpp", "every scenario runs it, as it does the following"},
      {"sim/scenario/sim_executor.cpp", ""},
      {"sim/world/sim_proxy.cpp", ""},
      {"sim/world/transport.cpp", ""},
      {"sim/observation/wiretap.cpp", ""},
  };
  return table;
}

/// Fails once per complaint, and says each.
void check_none(const std::vector<std::string>& wrong) {
  for (const auto& one : wrong)
    FAIL_CHECK(one);
  SUCCEED();
}

/// Asks `complaints` about each file.
template <class Complaints>
void check_files(Complaints complaints) {
  for (const auto& file : all_files())
    check_none(complaints(file));
}

std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

/// Whether lines may be as long as they like.
bool is_prose(const source_file& file) {
  return file.ends_with(".md") || file.ends_with(".mutation");
}

bool is_source(const source_file& file) {
  return file.ends_with(".cpp") && (file.is_in("src") || file.is_in("actors") || file.is_in("sim"));
}

bool is_test_code(const source_file& file) {
  return file.is_in("tests") && file.is_cpp();
}

/// Whether `test` is about `file`: it includes it, or the header that the source includes first, or
/// bears its name, or the name of the whole that `file` is a part of (`worker` for `worker_link`).
/// The parts of the program `belfry` are tested by running it.
bool is_test_of(const source_file& test, const source_file& file) {
  if (!is_test_code(test))
    return false;
  const auto own = includes_of(file);
  for (const auto& include : includes_of(test)) {
    if (!own.empty() && own.front().is_ours && include.is_ours && include.path == own.front().path)
      return true;
    if (file.ends_with(".hpp") && include.is_ours && file.ends_with("/" + include.path))
      return true;
  }
  if (!test.ends_with("_test.cpp"))
    return false;
  if (file.is_in("actors/cli") && test.is_in("tests/cli"))
    return true;
  const auto name = test.stem().substr(0, test.stem().size() - 5);
  return file.stem() == name || file.stem().starts_with(name + "_");
}

bool has_test(const source_file& file) {
  const auto& files = all_files();
  return std::any_of(files.begin(), files.end(),
                     [&](const source_file& test) { return is_test_of(test, file); });
}

/// The headers that tested sources use: what they declare is tested as a part of those.
const std::set<std::string>& used_by_tested() {
  static const auto headers = [] {
    std::set<std::string> found;
    for (const auto& file : all_files())
      if ((file.is_in("src") || file.is_in("actors") || file.is_in("sim")) && file.is_cpp() &&
          has_test(file))
        for (const auto& include : includes_of(file))
          found.insert(include.path);
    return found;
  }();
  return headers;
}

bool is_tested(const source_file& file) {
  const auto own = includes_of(file);
  return has_test(file) || (!own.empty() && used_by_tested().contains(own.front().path));
}

bool is_excepted(const source_file& file) {
  const auto& table = untested();
  return std::any_of(table.begin(), table.end(),
                     [&](const exception& one) { return one.path == file.path; });
}

} // namespace

TEST_CASE("the repository is found", "[tidy]") {
  CHECK(all_files().size() > 100);
}

TEST_CASE("every room uses only what it may", "[tidy]") {
  check_files(forbidden_includes);
}

TEST_CASE("no code uses a word for which there is a better one", "[tidy]") {
  check_files(banned_words);
}

TEST_CASE("every link and every quoted path in the documents leads somewhere", "[tidy]") {
  check_files([](const source_file& file) {
    return file.ends_with(".md") ? dead_links(file) : std::vector<std::string>{};
  });
}

TEST_CASE("every deliberate bug still applies to the sources", "[tidy]") {
  check_none(stale_mutations());
}

TEST_CASE("no line is longer than 100 columns", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> wrong;
    for (std::size_t i = 0; i < file.lines.size() && !is_prose(file); ++i)
      if (columns_of(file.lines[i]) > columns_max)
        wrong.push_back(at(file, i + 1) + "longer than 100 columns");
    return wrong;
  });
}

TEST_CASE("no file is longer than 400 lines", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> wrong;
    if (file.lines.size() > file_lines_max && !file.ends_with(".md"))
      wrong.push_back(file.path + " has " + std::to_string(file.lines.size()) + " lines");
    return wrong;
  });
}

TEST_CASE("no folder holds more than 30 sources", "[tidy]") {
  std::map<std::string, std::size_t> counts;
  for (const auto& file : all_files())
    if (file.is_cpp() || file.ends_with(".mutation"))
      ++counts[file.path.substr(0, file.path.rfind('/'))];
  for (const auto& [folder, count] : counts) {
    INFO(folder << " has " << count << " files: make rooms of it");
    CHECK(count <= folder_files_max);
  }
}

TEST_CASE("no function is longer than 50 lines", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> wrong;
    if (file.is_cpp())
      for (const auto& span : functions_of(file))
        if (span.last - span.first + 1 > function_lines_max)
          wrong.push_back(at(file, span.first) + "a function of " +
                          std::to_string(span.last - span.first + 1) + " lines");
    return wrong;
  });
}

TEST_CASE("every source has a test", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> wrong;
    if (is_source(file) && !is_tested(file) && !is_excepted(file))
      wrong.push_back(file.path + ": no test includes its header or bears its name");
    return wrong;
  });
}

TEST_CASE("no exception outlives its reason", "[tidy]") {
  for (const auto& one : untested())
    CHECK(exists(one.path));
}

TEST_CASE("files are named in small letters and headers guard themselves", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> wrong;
    if (!file.is_cpp())
      return wrong;
    if (std::any_of(file.path.begin(), file.path.end(),
                    [](unsigned char letter) { return std::isupper(letter) != 0; }))
      wrong.push_back(file.path + ": names are snake_case");
    for (const std::string vague : {"manager", "helper", "util"})
      if (file.stem().find(vague) != std::string::npos)
        wrong.push_back(file.path + ": '" + vague + "' says nothing, name what it is");
    if (file.ends_with(".hpp") && !file.text.starts_with("#pragma once\n"))
      wrong.push_back(file.path + ": a header begins with #pragma once");
    return wrong;
  });
}
