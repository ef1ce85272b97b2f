#pragma once

#include <string>
#include <vector>

namespace belfry {

/// How the two peers of a connection authenticate each other. Both need the same kind; without any
/// of these, a node and its clients must run as one user on one machine: both prove that they can
/// read the secret of this user, a file in `~/.belfry` or in the directory that the environment
/// variable `BELFRY_HOME` names.
struct link_security {
  /// Mutual TLS 1.3, if any of these three is set; then all are. Paths of PEM files, which are read
  /// once.
  std::string tls_certificate{}; ///< own certificate, followed by intermediate ones
  std::string tls_key{};         ///< its private key
  std::string tls_authority{};   ///< the certificate authority of both peers
  /// With TLS: which names a peer's certificate may have, `tower.example.org` or
  /// `*.example.org` (any name that ends so); empty: any that the authority has signed.
  std::vector<std::string> tls_allow{};

  /// Otherwise a secret that both peers share: a file of 16 to 4096 bytes that only its user and
  /// group may read. A newline at its end does not count. The secret is never sent, but a peer can
  /// test guesses offline against the proof of a node: use random bytes.
  std::string secret_file{};

  /// Allows unencrypted connections to other machines; without a secret, to and from anyone.
  bool is_insecure = false;
};

} // namespace belfry
