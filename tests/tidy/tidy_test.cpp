// The style guide, executed: see docs/style.md.
#include "components.hpp"
#include "links.hpp"
#include "log_lines.hpp"
#include "mutations.hpp"
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

/// Sources without a test of their own, each with its reason.
struct exception {
  std::string path;
  std::string reason;
};
const std::vector<exception>& untested() {
  static const std::vector<exception> table{
      {"sim/cli/main.cpp", "the flags of belfry-sim; its parts are tested"},
      {"sim/scenario/sim_client.cpp", "every scenario runs it and the following files"},
      {"sim/scenario/sim_executor.cpp", ""},
      {"sim/world/sim_proxy.cpp", ""},
      {"sim/world/transport.cpp", ""},
      {"sim/observation/wiretap.cpp", ""},
  };
  return table;
}

/// Fails once per finding.
void expect_none(const std::vector<std::string>& findings) {
  for (const auto& finding : findings)
    FAIL_CHECK(finding);
  SUCCEED();
}

/// Applies `rule` to each file.
template <class Rule>
void check_files(Rule rule) {
  for (const auto& file : all_files())
    expect_none(rule(file));
}

std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

/// Whether lines may be of any length.
bool is_prose(const source_file& file) {
  return file.ends_with(".md") || file.ends_with(".mutation");
}

bool is_source(const source_file& file) {
  return file.ends_with(".cpp") && (file.is_in("src") || file.is_in("actors") || file.is_in("sim"));
}

bool is_test_code(const source_file& file) {
  return file.is_in("tests") && file.is_cpp();
}

/// Whether `test` tests `file`: it includes the file, or the header that the source includes first,
/// or has its name or a prefix of it (`worker_test` for `worker_link`). Tests of the program
/// `belfry` test all of its sources.
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

/// The headers that tested sources include; they are tested with those sources.
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
                     [&](const exception& exempt) { return exempt.path == file.path; });
}

} // namespace

TEST_CASE("the repository is found", "[tidy]") {
  CHECK(all_files().size() > 100);
}

TEST_CASE("every folder includes only what it may", "[tidy]") {
  check_files(forbidden_includes);
}

TEST_CASE("no code uses a banned word", "[tidy]") {
  check_files(banned_words);
}

TEST_CASE("no file uses a retired word", "[tidy]") {
  check_files(retired_words_in);
}

TEST_CASE("texts that others chose are logged escaped", "[tidy]") {
  check_files([](const source_file& file) {
    return file.is_in("actors") ? unescaped_log_values(file) : std::vector<std::string>{};
  });
}

TEST_CASE("every link and every quoted path in the documents exists", "[tidy]") {
  check_files([](const source_file& file) {
    return file.ends_with(".md") ? dead_links(file) : std::vector<std::string>{};
  });
}

TEST_CASE("every mutation applies to the sources", "[tidy]") {
  expect_none(stale_mutations());
}

TEST_CASE("no line is longer than 100 columns", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> findings;
    for (std::size_t i = 0; i < file.lines.size() && !is_prose(file); ++i)
      if (columns_of(file.lines[i]) > columns_max)
        findings.push_back(at(file, i + 1) + "longer than 100 columns");
    return findings;
  });
}

TEST_CASE("no file is longer than 400 lines", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> findings;
    if (file.lines.size() > file_lines_max && !file.ends_with(".md"))
      findings.push_back(file.path + " has " + std::to_string(file.lines.size()) + " lines");
    return findings;
  });
}

TEST_CASE("no folder holds more than 30 sources", "[tidy]") {
  std::map<std::string, std::size_t> counts;
  for (const auto& file : all_files())
    if (file.is_cpp() || file.ends_with(".mutation"))
      ++counts[file.path.substr(0, file.path.rfind('/'))];
  for (const auto& [folder, count] : counts) {
    INFO(folder << " has " << count << " files: split it into sub-folders");
    CHECK(count <= folder_files_max);
  }
}

TEST_CASE("no function is longer than 50 lines", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> findings;
    if (file.is_cpp())
      for (const auto& span : functions_of(file))
        if (span.last - span.first + 1 > function_lines_max)
          findings.push_back(at(file, span.first) + "a function of " +
                             std::to_string(span.last - span.first + 1) + " lines");
    return findings;
  });
}

TEST_CASE("every source has a test", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> findings;
    if (is_source(file) && !is_tested(file) && !is_excepted(file))
      findings.push_back(file.path + ": no test includes its header or has its name");
    return findings;
  });
}

TEST_CASE("every source without a test exists", "[tidy]") {
  for (const auto& exempt : untested())
    CHECK(exists(exempt.path));
}

TEST_CASE("file names are lower case and headers have #pragma once", "[tidy]") {
  check_files([](const source_file& file) {
    std::vector<std::string> findings;
    if (!file.is_cpp())
      return findings;
    if (std::any_of(file.path.begin(), file.path.end(),
                    [](unsigned char letter) { return std::isupper(letter) != 0; }))
      findings.push_back(file.path + ": names are snake_case");
    for (const std::string vague : {"manager", "helper", "util"})
      if (file.stem().find(vague) != std::string::npos)
        findings.push_back(file.path + ": '" + vague + "' is vague, name the thing");
    if (file.ends_with(".hpp") && !file.text.starts_with("#pragma once\n"))
      findings.push_back(file.path + ": a header starts with #pragma once");
    return findings;
  });
}
