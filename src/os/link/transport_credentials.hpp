#pragma once

#include "belfry/link_security.hpp"
#include "belfry/result.hpp"
#include "os/link/handshake/handshake_message.hpp"
#include "os/link/tls.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// The files of a `link_security`, read and checked. Immutable; shared by threads.
class transport_credentials {
public:
  /// Fails with `errc::invalid_argument` if the options contradict each other or a file cannot be
  /// used; the text names which. `user_directory` holds this user's secret; it must be absolute, or
  /// empty if that secret is not needed. If it is a failure and needed, fails in the same way.
  [[nodiscard]] static result<std::shared_ptr<const transport_credentials>>
  load(const link_security& security, const result<std::string>& user_directory);

  /// The one method that a node with these credentials accepts.
  [[nodiscard]] auth_method required_method() const;

  /// The methods that a client with these credentials offers, as bits; 0 if it must not connect at
  /// all, because plain text could be read on the way.
  [[nodiscard]] std::uint8_t offered_methods(bool is_to_loopback) const;

  /// Whether a node with these credentials may listen beyond its own machine.
  [[nodiscard]] bool allows_remote() const { return context_ || is_insecure_; }

  /// Requires: `method` is `secret`, `bound_secret` or `user`. The secret of a user is read each
  /// time, because the user may replace it.
  [[nodiscard]] result<std::string> secret_of(auth_method method) const;

  [[nodiscard]] const tls_context& context() const { return context_; }
  /// The names that a peer's certificate may have; empty: any.
  [[nodiscard]] const std::vector<std::string>& allowed_names() const { return allowed_names_; }

private:
  transport_credentials() = default;

  tls_context context_; // None: no TLS.
  std::vector<std::string> allowed_names_;
  std::string secret_; // Empty: none was given.
  std::string user_directory_;
  bool is_insecure_ = false;
};

} // namespace belfry
