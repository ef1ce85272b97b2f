#include "cli/command_line/version.hpp"

namespace belfry::shell {

std::string version() {
  return BELFRY_VERSION;
}

} // namespace belfry::shell
