#include "belfry/coverage_probe.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace belfry {

namespace {

/// The one that was made last. Objects at namespace scope are made before `main`, by one thread.
constinit coverage_probe* latest = nullptr;

} // namespace

coverage_probe::coverage_probe(const char* name)
    : name_(name), next_(std::exchange(latest, this)) {}

std::vector<coverage_probe*> coverage_probe::all() {
  std::vector<coverage_probe*> all;
  for (auto* one = latest; one; one = one->next_)
    all.push_back(one);
  std::sort(all.begin(), all.end(), [](const auto* one, const auto* other) {
    return std::string_view{one->name()} < std::string_view{other->name()};
  });
  return all;
}

} // namespace belfry
