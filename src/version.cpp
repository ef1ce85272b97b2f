#include "belfry/version.hpp"

namespace belfry {

std::string version() {
  return BELFRY_VERSION;
}

} // namespace belfry
