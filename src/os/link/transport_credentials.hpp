#pragma once

#include "belfry/link_security.hpp"
#include "belfry/result.hpp"
#include "os/link/handshake_message.hpp"
#include "os/link/tls.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// What a `link_security` means: its files read and checked. Does not change; shared by threads.
class transport_credentials {
public:
  /// Fails with `errc::invalid_argument` if the options contradict each other or a file cannot be
  /// used; the text names which. `user_directory` holds this user's secret.
  [[nodiscard]] static result<std::shared_ptr<const transport_credentials>>
  load(const link_security& with, std::string user_directory);

  /// The one kind that a node with these keys accepts.
  [[nodiscard]] auth_method required_method() const;

  /// The kinds that a dialler with these keys offers, as bits; 0 if it must not connect there at
  /// all, since what is sent could be read on the way.
  [[nodiscard]] std::uint8_t offered_methods(bool is_to_loopback) const;

  /// Whether a node with these keys may listen beyond its own machine.
  [[nodiscard]] bool allows_remote() const { return context_ || is_insecure_; }

  /// Requires: `kind` is `secret`, `bound_secret` or `user`. The secret of a user is read anew each
  /// time, so that it may be made anew.
  [[nodiscard]] result<std::string> secret_of(auth_method kind) const;

  [[nodiscard]] const tls_context& context() const { return context_; }
  /// Which names a peer's certificate may have.
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
