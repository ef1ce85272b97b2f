#include "os/link/transport_credentials.hpp"

#include "os/link/name_patterns.hpp"
#include "os/link/user_secret.hpp"

#include <sys/stat.h>

#include <utility>

namespace belfry {

namespace {

failure invalid_option(std::string message) {
  return {errc::invalid_argument, std::move(message)};
}

bool wants_tls(const link_security& security) {
  return !security.tls_certificate.empty() || !security.tls_key.empty() ||
         !security.tls_authority.empty() || !security.tls_allow.empty();
}

/// In what the options contradict each other; empty: in nothing.
std::string contradiction_in(const link_security& security) {
  if (!wants_tls(security))
    return {};
  if (security.tls_certificate.empty() || security.tls_key.empty() ||
      security.tls_authority.empty())
    return "tls: expected all three: a certificate, its key and the authority's certificate";
  if (!security.secret_file.empty())
    return "secret_file: is given beside TLS, expected one of them";
  for (const auto& entry : security.tls_allow)
    if (!is_name_pattern(entry))
      return "tls_allow: '" + entry + "' is not a name; expected a name, or *. and a name";
  return {};
}

/// The error if every user of this machine may read a secret file; empty: there is none.
std::string exposure_of(const std::string& option, const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_mode & S_IRWXO) != 0)
    return option + ": " + file + " is open to every user; expected mode 0600 or 0640";
  return {};
}

} // namespace

result<std::shared_ptr<const transport_credentials>>
transport_credentials::load(const link_security& security,
                            const result<std::string>& user_directory) {
  if (auto fault = contradiction_in(security); !fault.empty())
    return invalid_option(std::move(fault));
  for (const auto& [option, file] :
       {std::pair{"tls_key", security.tls_key}, std::pair{"secret_file", security.secret_file}})
    if (auto fault = exposure_of(option, file); !fault.empty())
      return invalid_option(std::move(fault));
  if (!user_directory && !wants_tls(security) && security.secret_file.empty())
    return user_directory.error();
  const auto directory = user_directory.value_or("");
  if (!directory.empty() && directory.front() != '/')
    return invalid_option("BELFRY_HOME: is '" + directory + "', expected an absolute path");
  std::shared_ptr<transport_credentials> credentials{new transport_credentials};
  credentials->user_directory_ = directory;
  credentials->is_insecure_ = security.is_insecure;
  credentials->allowed_names_ = security.tls_allow;
  if (wants_tls(security)) {
    auto context =
        make_tls_context({security.tls_certificate, security.tls_key, security.tls_authority});
    if (!context)
      return context.error();
    credentials->context_ = std::move(*context);
  }
  if (!security.secret_file.empty()) {
    auto secret = read_secret_file(security.secret_file);
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
  return is_insecure_ ? auth_method::none : auth_method::user;
}

std::uint8_t transport_credentials::offered_methods(bool is_to_loopback) const {
  if (context_)
    return static_cast<std::uint8_t>(auth_method::tls);
  if (!is_to_loopback && !is_insecure_)
    return 0;
  const auto bit = [](auth_method method, bool is_offered) {
    return is_offered ? static_cast<std::uint8_t>(method) : 0;
  };
  if (!secret_.empty())
    return static_cast<std::uint8_t>(bit(auth_method::secret, true) |
                                     bit(auth_method::bound_secret, is_to_loopback));
  return static_cast<std::uint8_t>(bit(auth_method::none, is_insecure_) |
                                   bit(auth_method::user, is_to_loopback));
}

result<std::string> transport_credentials::secret_of(auth_method method) const {
  if (method == auth_method::user)
    return user_secret(user_directory_);
  return secret_;
}

} // namespace belfry
