#pragma once

#include "belfry/result.hpp"

#include <string>
#include <vector>

namespace belfry {

/// Which certificates to create. For tests and for small clusters: anyone who can read the
/// authority's key can create more.
struct certificate_options {
  std::string directory;                      ///< created if it does not exist
  std::vector<std::string> nodes{"node"};     ///< names; valid for nodes, as servers and clients
  std::vector<std::string> clients{"client"}; ///< names; valid for clients only
  int days = 365;                             ///< validity from now; negative: expired
};

/// A file that `make_certificates` wrote, or found and left unchanged.
struct certificate_file {
  std::string path;
  bool is_new = true;
};

/// Creates an authority (`ca.pem`, `ca.key`) in the directory unless it has one, and for each name
/// NAME a certificate and its key, `NAME.pem` and `NAME.key`, signed by the authority. Existing
/// files stay unchanged. Only this user can read the keys. Fails with `errc::invalid_argument` for
/// an invalid name, with `errc::storage` for a file that cannot be read or written.
[[nodiscard]] result<std::vector<certificate_file>>
make_certificates(const certificate_options& options);

} // namespace belfry
