#pragma once

#include "belfry/link_security.hpp"
#include "belfry/result.hpp"
#include "os/link/link_word.hpp"
#include "os/link/tls.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace belfry {

/// What a `link_security` means: its files read and checked. Does not change; shared by threads.
class link_keys {
public:
  /// Fails with `errc::invalid_argument` if the options contradict each other or a file cannot be
  /// used; the text names which. `user_directory` holds this user's secret.
  [[nodiscard]] static result<std::shared_ptr<const link_keys>> load(const link_security& with,
                                                                     std::string user_directory);

  /// The one kind that a node with these keys accepts.
  [[nodiscard]] link_kind demanded() const;

  /// The kinds that a dialler with these keys offers, as bits; 0 if it must not connect there at
  /// all, since what is sent could be read on the way.
  [[nodiscard]] std::uint8_t offered(bool is_to_loopback) const;

  /// Whether a node with these keys may listen beyond its own machine.
  [[nodiscard]] bool may_leave_machine() const { return context_ || is_insecure_; }

  /// Requires: `kind` is `secret`, `secret_here` or `user`. The secret of a user is read anew each
  /// time, so that it may be made anew.
  [[nodiscard]] result<std::string> secret_of(link_kind kind) const;

  [[nodiscard]] const tls_context& context() const { return context_; }
  /// Which names a peer's certificate may have.
  [[nodiscard]] const std::vector<std::string>& allowed() const { return allowed_; }

private:
  link_keys() = default;

  tls_context context_; // None: no TLS.
  std::vector<std::string> allowed_;
  std::string secret_; // Empty: none was given.
  std::string user_directory_;
  bool is_insecure_ = false;
};

} // namespace belfry
