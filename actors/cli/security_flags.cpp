#include "cli/security_flags.hpp"

namespace belfry::shell {

namespace {

constexpr auto heading = "Security (a node and its clients take the same)";

/// An empty word would be as none: a variable that is not set must not open a node in silence.
std::string fault_of_empty(const std::string& word) {
  return word.empty() ? "is empty" : "";
}

void add_file(CLI::App& app, const std::string& name, const std::string& variable, std::string& to,
              const std::string& help) {
  app.add_option(name, to, help + " (or " + variable + ")")
      ->envname(variable)
      ->check(fault_of_empty)
      ->group(heading)
      ->option_text("FILE");
}

} // namespace

void add_security(CLI::App& app, link_security& to) {
  add_file(app, "--tls-cert", "BELFRY_TLS_CERT", to.tls_certificate,
           "Mutual TLS 1.3: our certificate, PEM");
  add_file(app, "--tls-key", "BELFRY_TLS_KEY", to.tls_key, "Its private key");
  add_file(app, "--tls-ca", "BELFRY_TLS_CA", to.tls_authority,
           "The authority that signs the certificates of both ends");
  app.add_option("--tls-allow", to.tls_allow,
                 "Only these names of the other end, or *.NAME (default: all that the authority "
                 "signed; or BELFRY_TLS_ALLOW)")
      ->envname("BELFRY_TLS_ALLOW")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(fault_of_empty)
      ->group(heading)
      ->option_text("NAME,NAME");
  add_file(app, "--secret-file", "BELFRY_SECRET_FILE", to.secret_file,
           "Instead of TLS: a secret of 16 bytes or more (default: one of this user's own)");
  app.add_flag("--insecure", to.is_insecure,
               "Allow plain text between machines; without a secret, to anybody (or "
               "BELFRY_INSECURE=1)")
      ->envname("BELFRY_INSECURE")
      ->group(heading);
}

} // namespace belfry::shell
