#include "belfry/contract.hpp"

#include <string>

namespace belfry {

void report_violation(const char* contract, std::source_location where) {
  throw contract_violation{std::string{where.file_name()} + ":" + std::to_string(where.line()) +
                           ": broken promise: " + contract};
}

} // namespace belfry
