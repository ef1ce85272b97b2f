#include "belfry/situation.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace belfry {

namespace {

/// The one that was made last. Objects at namespace scope are made before `main`, by one thread.
constinit situation* latest = nullptr;

} // namespace

situation::situation(const char* name) : name_(name), next_(std::exchange(latest, this)) {}

std::vector<situation*> situation::all() {
  std::vector<situation*> all;
  for (auto* one = latest; one; one = one->next_)
    all.push_back(one);
  std::sort(all.begin(), all.end(), [](const auto* one, const auto* other) {
    return std::string_view{one->name()} < std::string_view{other->name()};
  });
  return all;
}

} // namespace belfry
