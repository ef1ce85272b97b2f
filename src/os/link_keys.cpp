#include "os/link_keys.hpp"

#include "os/name_list.hpp"
#include "os/user_secret.hpp"

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

} // namespace

result<std::shared_ptr<const link_keys>> link_keys::load(const link_security& with,
                                                         std::string user_directory) {
  if (auto fault = fault_of(with); !fault.empty())
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
  if (!secret_.empty())
    return static_cast<std::uint8_t>(link_kind::secret);
  const auto open = is_insecure_ ? static_cast<std::uint8_t>(link_kind::open) : 0;
  const auto user = is_to_loopback ? static_cast<std::uint8_t>(link_kind::user) : 0;
  return static_cast<std::uint8_t>(open | user);
}

result<std::string> link_keys::secret_of(link_kind kind) const {
  if (kind == link_kind::secret)
    return secret_;
  return user_secret(user_directory_);
}

} // namespace belfry
