#pragma once

#include "belfry/result.hpp"

#include <string>
#include <vector>

namespace belfry {

/// What certificates to make. For tests and for small clusters: whoever reads the authority's key
/// can make more.
struct certificate_options {
  std::string directory;                      ///< made unless it is there
  std::vector<std::string> nodes{"node"};     ///< names; fit for nodes, which also dial
  std::vector<std::string> clients{"client"}; ///< names; fit for clients alone
  int days = 365;                             ///< how long all are good, from now; may be past
};

/// A file that `make_certificates` wrote, or found there and left as it was.
struct certificate_file {
  std::string path;
  bool is_new = true;
};

/// Makes an authority (`ca.pem`, `ca.key`) in the directory unless it has one, and for each name
/// NAME a certificate and its key, `NAME.pem` and `NAME.key`, signed by it. Files that are there
/// stay as they are. Keys can be read by this user alone. Fails with `errc::invalid_argument` for a
/// name that is none, with `errc::storage` for a file that cannot be read or written.
[[nodiscard]] result<std::vector<certificate_file>>
make_certificates(const certificate_options& options);

} // namespace belfry
