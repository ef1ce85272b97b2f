#include "words.hpp"

#include <algorithm>
#include <cctype>

namespace belfry::tidy {

namespace {

/// A word that code may not use, except in a few places that need it.
struct ban {
  std::string word;
  std::string instead;
  std::vector<std::string> allowed;   ///< paths begin with one of these
  std::vector<std::string> folders{}; ///< only these are looked at; none: all
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
       {"src/os/", "bench/", "actors/cli/", "actors/client/", "tests/cluster/", "tests/os/",
        "include/belfry/handler.hpp", "docs/examples/"}},
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

/// A word of an earlier dialect of this project, and the field's term for it.
struct retired_word {
  std::string word;
  std::string instead;
};

const std::vector<retired_word>& retired_words() {
  static const std::vector<retired_word> table{
      {"seat", "shard assignment"},
      {"seats", "shard assignments"},
      {"heir", "successor, new owner"},
      {"heirs", "successors"},
      {"hunger", "demand"},
      {"hungry", "has demand"},
      {"bury", "evict"},
      {"buries", "evicts"},
      {"buried", "evicted"},
      {"forerunner", "previous incarnation"},
      {"eavesdropper", "message listener"},
      {"gateway", "router"},
      {"crew", "worker group"},
      {"crews", "worker groups"},
      {"stood still", "stalled"},
      {"stands still", "is stalled"},
      {"stand still", "stall"},
      {"sign of life", "heartbeat"},
      {"hands full", "no free slots"},
      {"by right", "should own"},
      {"begins anew", "restarts"},
      {"begun anew", "restarted"},
      {"let go", "sent, released"},
      {"failed for good", "failed permanently"},
      {"life signs", "actor watch"},
      {"report box", "outcome sender"},
      {"silence watch", "failure detector"},
      {"beside network", "I/O thread"},
  };
  return table;
}

/// Whether `word` stands in `line` between letters that are not its own: an underscore or a space
/// may stand between its parts, and capitals count as small letters.
bool has_retired(const std::string& line, const std::string& word) {
  const auto is_same = [](char have, char want) {
    return want == ' ' ? have == ' ' || have == '_'
                       : std::tolower(static_cast<unsigned char>(have)) == want;
  };
  const auto is_letter = [](char byte) { return std::isalpha(static_cast<unsigned char>(byte)); };
  for (auto at = line.begin();; ++at) {
    at = std::search(at, line.end(), word.begin(), word.end(), is_same);
    if (at == line.end())
      return false;
    const auto end = at + static_cast<std::ptrdiff_t>(word.size());
    if ((at == line.begin() || !is_letter(at[-1])) && (end == line.end() || !is_letter(*end)))
      return true;
  }
}

bool is_allowed(const ban& banned, const source_file& file) {
  const auto begins = [&](const std::string& place) { return file.path.starts_with(place); };
  const auto holds = [&](const std::string& folder) { return file.is_in(folder); };
  return std::any_of(banned.allowed.begin(), banned.allowed.end(), begins) ||
         (!banned.folders.empty() &&
          std::none_of(banned.folders.begin(), banned.folders.end(), holds));
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

std::vector<std::string> retired_words_in(const source_file& file) {
  std::vector<std::string> wrong;
  if (file.path == "tests/tidy/words.cpp")
    return wrong;
  for (std::size_t i = 0; i < file.lines.size(); ++i)
    for (const auto& retired : retired_words())
      if (has_retired(file.lines[i], retired.word))
        wrong.push_back(at(file, i + 1) + "'" + retired.word + "' is retired: write '" +
                        retired.instead + "'");
  return wrong;
}

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
