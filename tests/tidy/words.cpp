#include "words.hpp"

#include <algorithm>

namespace belfry::tidy {

namespace {

/// A word that code may not use, except in a few places that need it.
struct ban {
  std::string word;
  std::string instead;
  std::vector<std::string> allowed; ///< paths begin with one of these
  std::vector<std::string> rooms{}; ///< only these are looked at; none: all
};

const std::vector<ban>& bans() {
  static const std::string time = "an instant given by the caller, or belfry::clock";
  static const std::string thread = "an executor of src/os, given by the assembly";
  static const std::string chance = "belfry::prng, seeded by the caller";
  static const std::string order = "an ordered container: order must not depend on a hash";
  static const std::vector<std::string> outside{"src/os/", "bench/", "tests/", "actors/cli/"};
  static const std::vector<ban> table{
      {"chrono::system_clock",
       time,
       {"src/os/", "tests/os/", "include/belfry/time.hpp", "bench/", "tests/cluster/"}},
      {"steady_clock",
       time,
       {"src/os/", "bench/", "actors/cli/", "actors/client/", "tests/cluster/", "tests/os/"}},
      {"high_resolution_clock", time, {}},
      {"sleep_for",
       "a delayed message, run::wait_for or a condition",
       {"src/os/", "bench/", "tests/cluster/"}},
      {"sleep_until", "a delayed message, run::wait_for or a condition", {"src/os/", "bench/"}},
      {"std::thread", thread, outside},
      {"std::jthread", thread, outside},
      {"std::async", thread, {"tests/"}},
      // Nodes and clients are assembled in these files.
      {"caf::detached", thread, {"actors/node/", "actors/link/client_transport.cpp"}},
      {"rand", chance, {}},
      {"srand", chance, {}},
      {"random_device", chance, {"src/os/"}},
      {"mt19937", chance, {}},
      {"uniform_int_distribution", chance, {}},
      {"std::unordered_", order, {}, {"src/task", "actors", "sim"}},
      {"using namespace caf", "caf:: where it is meant", {}},
      {"using namespace std;", "std:: where it is meant", {}},
      {"delete ", "an owner: std::unique_ptr", {}},
      {"malloc", "a container", {"bench/"}},
  };
  return table;
}

bool is_allowed(const ban& banned, const source_file& file) {
  const auto begins = [&](const std::string& place) { return file.path.starts_with(place); };
  const auto holds = [&](const std::string& room) { return file.is_in(room); };
  return std::any_of(banned.allowed.begin(), banned.allowed.end(), begins) ||
         (!banned.rooms.empty() && std::none_of(banned.rooms.begin(), banned.rooms.end(), holds));
}

/// `new` is allowed where a std::unique_ptr takes it at once (a private constructor needs that), or
/// in a place that is there already.
bool has_bare_new(const std::string& line) {
  return has_word(line, "new") && line.find("unique_ptr") == std::string::npos &&
         line.find("shared_ptr") == std::string::npos && line.find("new (") == std::string::npos;
}

void look_at_comments(const source_file& file, std::size_t number, const std::string& line,
                      std::vector<std::string>& wrong) {
  for (const std::string word : {"FIXME", "XXX", "HACK"})
    if (has_word(line, word) && !file.is_in("tests/tidy"))
      wrong.push_back(at(file, number) + word + ": mend it now, or file an issue");
  if (has_word(line, "TODO") && line.find("TODO(#") == std::string::npos &&
      !file.is_in("tests/tidy"))
    wrong.push_back(at(file, number) + "TODO without an issue: write TODO(#12)");
}

} // namespace

std::vector<std::string> banned_words(const source_file& file) {
  std::vector<std::string> wrong;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    look_at_comments(file, i + 1, file.lines[i], wrong);
    if (!file.is_cpp())
      continue;
    for (const auto& banned : bans())
      if (has_word(file.coded[i], banned.word) && !is_allowed(banned, file))
        wrong.push_back(at(file, i + 1) + banned.word + ": use " + banned.instead);
    if (has_bare_new(file.coded[i]))
      wrong.push_back(at(file, i + 1) + "new: use std::make_unique");
  }
  return wrong;
}

} // namespace belfry::tidy
