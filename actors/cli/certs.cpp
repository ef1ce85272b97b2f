// belfry certs
#include "cli/flags.hpp"
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"

#include "os/link/certificate_issuer.hpp"
#include "text/printable.hpp"

#include <iostream>
#include <memory>

namespace belfry::shell {

namespace {

constexpr auto certs_examples =
    R"(For tests and small clusters: anyone who can read ca.key can issue certificates.
Existing files are kept, so names can be added later.

Examples:
  belfry certs pki                                 ca, node and client
  belfry certs pki --name tower,bell --client otto
  belfry node --data DIR --tls-ca pki/ca.pem --tls-cert pki/tower.pem --tls-key pki/tower.key
  belfry status --tls-ca pki/ca.pem --tls-cert pki/otto.pem --tls-key pki/otto.key)";

result<exit_code> make_certs(const program& belfry, const certificate_options& order) {
  const auto files = make_certificates(order);
  if (!files)
    return files.error();
  for (const auto& file : *files)
    if (belfry.is_json)
      std::cout << one_line(json{{"path", file.path}, {"is_new", file.is_new}}) << '\n';
    else
      std::cout << printable(file.path) << (file.is_new ? "" : "  (kept)") << '\n';
  return exit_code::ok;
}

} // namespace

void add_certs(CLI::App& app, program& belfry) {
  auto order = std::make_shared<certificate_options>();
  auto* command = app.add_subcommand("certs", "Generate test TLS certificates");
  command->footer(certs_examples);
  command->add_option("DIR", order->directory, "Output directory")->required()->type_name("");
  command
      ->add_option("--name", order->nodes,
                   "Names of nodes, which accept and open connections (default node)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("NAME,NAME");
  command
      ->add_option("--client", order->clients,
                   "Names of clients, which only open connections (default client)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("NAME,NAME");
  add_number(*command, "--days", order->days, 1, 36'500, "Validity in days (default 365)")
      ->type_name("COUNT");
  command->callback([&belfry, order] {
    belfry.is_local = true;
    belfry.chosen = [&belfry, order] { return make_certs(belfry, *order); };
  });
}

} // namespace belfry::shell
