#pragma once

#include "belfry/link_security.hpp"

#include <cstdlib>

namespace belfry::bench {

/// How the processes of a run know each other: as the variables say that the program `belfry` reads
/// (BELFRY_TLS_CERT, …), else by their user. The certificate has to be a node's.
inline link_security bench_security() {
  const auto read = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string{value ? value : ""};
  };
  link_security with;
  with.tls_certificate = read("BELFRY_TLS_CERT");
  with.tls_key = read("BELFRY_TLS_KEY");
  with.tls_authority = read("BELFRY_TLS_CA");
  return with;
}

} // namespace belfry::bench
