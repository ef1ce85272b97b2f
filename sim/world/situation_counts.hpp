#pragma once

#include "belfry/situation.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace belfry::sim {

/// How often each situation of the program was reached.
using situation_counts = std::map<std::string, std::uint64_t>;

inline situation_counts count_situations() {
  situation_counts counts;
  for (const auto* one : situation::all())
    counts[one->name()] = one->count();
  return counts;
}

/// While it lives nothing counts: what is done then is not real.
class situations_ignored {
public:
  situations_ignored() = default;
  ~situations_ignored() {
    for (auto* one : situation::all())
      one->set_count(before_.at(one->name()));
  }
  situations_ignored(const situations_ignored&) = delete;
  situations_ignored& operator=(const situations_ignored&) = delete;

private:
  situation_counts before_ = count_situations();
};

} // namespace belfry::sim
