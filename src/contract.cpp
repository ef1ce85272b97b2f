#include "belfry/contract.hpp"

#include <string>

namespace belfry {

void report_violation(const char* contract, std::source_location location) {
  throw contract_violation{std::string{location.file_name()} + ":" +
                           std::to_string(location.line()) + ": broken promise: " + contract};
}

} // namespace belfry
