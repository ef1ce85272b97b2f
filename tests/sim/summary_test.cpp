#include "cli/summary.hpp"

#include <catch2/catch.hpp>

using namespace belfry::sim;

namespace {

run_report report(coverage_counts coverage, std::vector<std::string> violations = {}) {
  run_report result;
  result.coverage = std::move(coverage);
  result.violations = std::move(violations);
  return result;
}

} // namespace

TEST_CASE("a summary names the coverage probes that no run hit", "[summary]") {
  summary total;
  total.add(report({{"rare", 0}, {"rarer", 0}, {"usual", 3}}));
  total.add(report({{"rare", 1}, {"rarer", 0}, {"usual", 0}}));
  CHECK(total.uncovered() == std::vector<std::string>{"rarer"});
}

TEST_CASE("a summary counts the runs that failed", "[summary]") {
  summary total;
  total.add(report({}));
  total.add(report({}, {"nothing lost: task 1", "nothing early: task 2"}));
  CHECK(total.failed() == 1);
}
