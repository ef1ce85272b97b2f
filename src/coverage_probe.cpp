#include "belfry/coverage_probe.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace belfry {

namespace {

/// The probe constructed last. Objects at namespace scope are constructed before `main`, by one
/// thread.
constinit coverage_probe* latest = nullptr;

} // namespace

coverage_probe::coverage_probe(const char* name)
    : name_(name), next_(std::exchange(latest, this)) {}

std::vector<coverage_probe*> coverage_probe::all() {
  std::vector<coverage_probe*> all;
  for (auto* probe = latest; probe; probe = probe->next_)
    all.push_back(probe);
  std::sort(all.begin(), all.end(), [](const auto* left, const auto* right) {
    return std::string_view{left->name()} < std::string_view{right->name()};
  });
  return all;
}

} // namespace belfry
