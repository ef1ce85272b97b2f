#pragma once

#include <string>
#include <vector>

namespace belfry {

/// How the two ends of a connection know that they may talk to each other. Both ends are given the
/// same kind; without any of these, a node and its clients have to be of one user on one machine.
struct link_security {
  /// Mutual TLS 1.3, if any of these three is set; then all are. Paths of PEM files, which are read
  /// once.
  std::string tls_certificate{}; ///< ours, followed by those between it and the authority
  std::string tls_key{};         ///< its private key
  std::string tls_authority{};   ///< whose certificates we believe
  /// With TLS: which names a peer's certificate may have, `tower.example.org` or
  /// `*.example.org` (any name that ends so); empty: any that the authority has signed.
  std::vector<std::string> tls_allow{};

  /// Otherwise a secret that both ends know: a file of 16 to 4096 bytes that nobody but its user
  /// and group may use. A line's end at the end of the file does not count. The secret itself is
  /// never sent, but whoever meets a node can try words against its proof at leisure: take random
  /// bytes.
  std::string secret_file{};

  /// Allows plain text to and from other machines; without a secret, to and from anybody.
  bool is_insecure = false;
};

} // namespace belfry
