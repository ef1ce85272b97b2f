#include "os/link/transport_credentials.hpp"

#include "os/link/name_patterns.hpp"
#include "os/link/user_secret.hpp"

#include <sys/stat.h>

#include <utility>

namespace belfry {

namespace {

failure wrong_option(std::string what) {
  return {errc::invalid_argument, std::move(what)};
}

bool wants_tls(const link_security& with) {
  return !with.tls_certificate.empty() || !with.tls_key.empty() || !with.tls_authority.empty() ||
         !with.tls_allow.empty();
}

/// What the options contradict each other in; empty: in nothing.
std::string contradiction_in(const link_security& with) {
  if (!wants_tls(with))
    return {};
  if (with.tls_certificate.empty() || with.tls_key.empty() || with.tls_authority.empty())
    return "tls: expected all three: a certificate, its key and the authority's certificate";
  if (!with.secret_file.empty())
    return "secret_file: is given beside TLS, expected one of them";
  for (const auto& entry : with.tls_allow)
    if (!is_name_pattern(entry))
      return "tls_allow: '" + entry + "' is no name; expected a name, or *. and a name";
  return {};
}

/// Whether everybody on this machine may use a file that is secret; empty: no.
std::string exposure_of(const std::string& option, const std::string& file) {
  struct stat about {};
  if (stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & S_IRWXO) != 0)
    return option + ": " + file + " is open to every user; expected mode 0600 or 0640";
  return {};
}

} // namespace

result<std::shared_ptr<const transport_credentials>>
transport_credentials::load(const link_security& with, std::string user_directory) {
  if (auto fault = contradiction_in(with); !fault.empty())
    return wrong_option(std::move(fault));
  for (const auto& [option, file] :
       {std::pair{"tls_key", with.tls_key}, std::pair{"secret_file", with.secret_file}})
    if (auto fault = exposure_of(option, file); !fault.empty())
      return wrong_option(std::move(fault));
  std::shared_ptr<transport_credentials> credentials{new transport_credentials};
  credentials->user_directory_ = std::move(user_directory);
  credentials->is_insecure_ = with.is_insecure;
  credentials->allowed_names_ = with.tls_allow;
  if (wants_tls(with)) {
    auto context = make_tls_context({with.tls_certificate, with.tls_key, with.tls_authority});
    if (!context)
      return context.error();
    credentials->context_ = std::move(*context);
  }
  if (!with.secret_file.empty()) {
    auto secret = read_secret_file(with.secret_file);
    if (!secret)
      return secret.error();
    credentials->secret_ = std::move(*secret);
  }
  return std::shared_ptr<const transport_credentials>{std::move(credentials)};
}

auth_method transport_credentials::required_method() const {
  if (context_)
    return auth_method::tls;
  if (!secret_.empty())
    return auth_method::secret;
  return is_insecure_ ? auth_method::open : auth_method::user;
}

std::uint8_t transport_credentials::offered_methods(bool is_to_loopback) const {
  if (context_)
    return static_cast<std::uint8_t>(auth_method::tls);
  if (!is_to_loopback && !is_insecure_)
    return 0;
  const auto bit = [](auth_method kind, bool is_offered) {
    return is_offered ? static_cast<std::uint8_t>(kind) : 0;
  };
  if (!secret_.empty())
    return static_cast<std::uint8_t>(bit(auth_method::secret, true) |
                                     bit(auth_method::bound_secret, is_to_loopback));
  return static_cast<std::uint8_t>(bit(auth_method::open, is_insecure_) |
                                   bit(auth_method::user, is_to_loopback));
}

result<std::string> transport_credentials::secret_of(auth_method kind) const {
  if (kind == auth_method::user)
    return user_secret(user_directory_);
  return secret_;
}

} // namespace belfry
