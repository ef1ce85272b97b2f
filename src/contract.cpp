#include "belfry/contract.hpp"

#include "belfry/failure.hpp"

#include <string>

namespace belfry {

void report_violation(const char* contract, std::source_location location) {
  throw contract_violation{std::string{location.file_name()} + ":" +
                           std::to_string(location.line()) +
                           ": precondition violated: " + contract};
}

void report_no_value(const failure& error) {
  throw contract_violation{"result::value() on a failure: " + to_string(error)};
}

} // namespace belfry
