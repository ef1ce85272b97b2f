#include "cli/security_flags.hpp"

namespace belfry::shell {

namespace {

constexpr auto heading = "Security (the same for a node and its clients)";

void add_file(CLI::App& app, const std::string& name, const std::string& variable, std::string& to,
              const std::string& help) {
  app.add_option(name, to, help + " (or " + variable + ")")
      ->envname(variable)
      ->group(heading)
      ->option_text("FILE");
}

} // namespace

void add_security(CLI::App& app, link_security& to) {
  add_file(app, "--tls-cert", "BELFRY_TLS_CERT", to.tls_certificate,
           "Mutual TLS 1.3: own certificate, PEM");
  add_file(app, "--tls-key", "BELFRY_TLS_KEY", to.tls_key, "Private key of the certificate");
  add_file(app, "--tls-ca", "BELFRY_TLS_CA", to.tls_authority,
           "Certificate authority of both peers");
  app.add_option("--tls-allow", to.tls_allow,
                 "Accept only peers with these names, or *.NAME (default: all that the authority "
                 "signed; or BELFRY_TLS_ALLOW)")
      ->envname("BELFRY_TLS_ALLOW")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(heading)
      ->option_text("NAME,NAME");
  add_file(
      app, "--secret-file", "BELFRY_SECRET_FILE", to.secret_file,
      "Instead of TLS: file with a shared secret of 16 bytes or more (default: the secret of this "
      "user, in ~/.belfry or the directory BELFRY_HOME)");
  app.add_flag("--insecure", to.is_insecure,
               "Allow unencrypted connections between machines; without a secret, from anyone (or "
               "BELFRY_INSECURE=1)")
      ->envname("BELFRY_INSECURE")
      ->group(heading);
}

} // namespace belfry::shell
