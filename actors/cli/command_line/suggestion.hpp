#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace belfry::shell {

/// How many letters have to be put in, left out or replaced, or neighbours swapped, to make `to`
/// out of `from`, each letter at most once (optimal string alignment distance). Letters are bytes.
/// Complexity: the product of both lengths.
[[nodiscard]] std::size_t typing_distance(const std::string& from, const std::string& to);

/// The candidates that somebody who typed `word` may have meant, the nearest first, at most three:
/// those a typing error or two away, fewer in short words, and those that begin with `word`.
[[nodiscard]] std::vector<std::string> similar_words(const std::string& word,
                                                     const std::vector<std::string>& candidates);

/// `; did you mean 'submit'?`, or nothing if no candidate is similar.
[[nodiscard]] std::string did_you_mean(const std::string& word,
                                       const std::vector<std::string>& candidates);

} // namespace belfry::shell
