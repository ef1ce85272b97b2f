// belfry certs
#include "cli/flags.hpp"
#include "cli/program.hpp"
#include "cli/text/json_text.hpp"

#include "os/link/certificates.hpp"

#include <iostream>
#include <memory>

namespace belfry::shell {

namespace {

constexpr auto certs_examples =
    R"(For tests and small clusters: whoever reads ca.key can make more of them.
Files that are there stay as they are, so names can be added later.

Examples:
  belfry certs pki                                 ca, node and client
  belfry certs pki --name tower,bell --client otto
  belfry node --data DIR --tls-ca pki/ca.pem --tls-cert pki/tower.pem --tls-key pki/tower.key
  belfry status --tls-ca pki/ca.pem --tls-cert pki/otto.pem --tls-key pki/otto.key)";

result<exit_code> make_certs(const program& belfry, const certificate_options& order) {
  const auto files = make_certificates(order);
  if (!files)
    return files.error();
  for (const auto& one : *files)
    if (belfry.is_json)
      std::cout << one_line(json{{"path", one.path}, {"is_new", one.is_new}}) << '\n';
    else
      std::cout << one.path << (one.is_new ? "" : "  (kept)") << '\n';
  return exit_code::ok;
}

} // namespace

void add_certs(CLI::App& app, program& belfry) {
  auto order = std::make_shared<certificate_options>();
  auto* command = app.add_subcommand("certs", "Make certificates for TLS, to try it with");
  command->footer(certs_examples);
  command->add_option("DIR", order->directory, "Where to")->required()->type_name("");
  command
      ->add_option("--name", order->nodes,
                   "Names of nodes, which may accept and dial (default node)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("NAME,NAME");
  command
      ->add_option("--client", order->clients,
                   "Names of clients, which may only dial (default client)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->option_text("NAME,NAME");
  command->add_option("--days", order->days, "How long they are good (default 365)")
      ->check(CLI::Range(1, 36'500))
      ->option_text("COUNT");
  command->callback([&belfry, order] {
    belfry.chosen = [&belfry, order] { return make_certs(belfry, *order); };
  });
}

} // namespace belfry::shell
