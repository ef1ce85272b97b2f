#include "os/link/link_keys.hpp"

#include "os/link/name_list.hpp"
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
std::string fault_of(const link_security& with) {
  if (!wants_tls(with))
    return {};
  if (with.tls_certificate.empty() || with.tls_key.empty() || with.tls_authority.empty())
    return "tls: expected all three: a certificate, its key and the authority's certificate";
  if (!with.secret_file.empty())
    return "secret_file: is given beside TLS, expected one of them";
  for (const auto& entry : with.tls_allow)
    if (!is_name_entry(entry))
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

result<std::shared_ptr<const link_keys>> link_keys::load(const link_security& with,
                                                         std::string user_directory) {
  if (auto fault = fault_of(with); !fault.empty())
    return wrong_option(std::move(fault));
  for (const auto& [option, file] :
       {std::pair{"tls_key", with.tls_key}, std::pair{"secret_file", with.secret_file}})
    if (auto fault = exposure_of(option, file); !fault.empty())
      return wrong_option(std::move(fault));
  std::shared_ptr<link_keys> keys{new link_keys};
  keys->user_directory_ = std::move(user_directory);
  keys->is_insecure_ = with.is_insecure;
  keys->allowed_ = with.tls_allow;
  if (wants_tls(with)) {
    auto context = make_tls_context({with.tls_certificate, with.tls_key, with.tls_authority});
    if (!context)
      return context.error();
    keys->context_ = std::move(*context);
  }
  if (!with.secret_file.empty()) {
    auto secret = read_secret(with.secret_file);
    if (!secret)
      return secret.error();
    keys->secret_ = std::move(*secret);
  }
  return std::shared_ptr<const link_keys>{std::move(keys)};
}

link_kind link_keys::demanded() const {
  if (context_)
    return link_kind::tls;
  if (!secret_.empty())
    return link_kind::secret;
  return is_insecure_ ? link_kind::open : link_kind::user;
}

std::uint8_t link_keys::offered(bool is_to_loopback) const {
  if (context_)
    return static_cast<std::uint8_t>(link_kind::tls);
  if (!is_to_loopback && !is_insecure_)
    return 0;
  const auto bit = [](link_kind kind, bool is_offered) {
    return is_offered ? static_cast<std::uint8_t>(kind) : 0;
  };
  if (!secret_.empty())
    return static_cast<std::uint8_t>(bit(link_kind::secret, true) |
                                     bit(link_kind::secret_here, is_to_loopback));
  return static_cast<std::uint8_t>(bit(link_kind::open, is_insecure_) |
                                   bit(link_kind::user, is_to_loopback));
}

result<std::string> link_keys::secret_of(link_kind kind) const {
  if (kind == link_kind::user)
    return user_secret(user_directory_);
  return secret_;
}

} // namespace belfry
