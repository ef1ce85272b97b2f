#include "cli/command_line/suggestion.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace belfry::shell {

namespace {

constexpr std::size_t suggestions_max = 3;
constexpr std::size_t typed_length_max = 100; // Longer words are no typing errors.

/// One error in three letters, two at most.
std::size_t distance_max(const std::string& word) {
  return std::clamp<std::size_t>(word.size() / 3, 1, 2);
}

} // namespace

std::size_t typing_distance(const std::string& from, const std::string& to) {
  std::vector<std::size_t> before_last(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[to.size()];
}

std::vector<std::string> similar_words(const std::string& word,
                                       const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > typed_length_max)
    return {};
  std::set<std::pair<std::size_t, std::string>> similar;
  for (const auto& candidate : candidates) {
    if (candidate.size() > typed_length_max || candidate == word)
      continue;
    if (const auto distance = typing_distance(word, candidate); distance <= distance_max(word))
      similar.emplace(distance, candidate);
    else if (candidate.starts_with(word))
      similar.emplace(candidate.size(), candidate);
  }
  std::vector<std::string> words;
  for (const auto& [distance, candidate] : similar)
    if (words.size() < suggestions_max)
      words.push_back(candidate);
  return words;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  std::string text;
  for (const auto& candidate : similar_words(word, candidates))
    text += (text.empty() ? "; did you mean '" : " or '") + candidate + "'";
  return text.empty() ? text : text + "?";
}

} // namespace belfry::shell
