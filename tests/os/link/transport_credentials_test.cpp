#include "link_fixture.hpp"

#include <filesystem>

using namespace belfry;
using namespace belfry::test;

namespace {

std::string fault(const link_security& with) {
  const auto keys = transport_credentials::load(with, "");
  return keys ? "" : keys.error().what;
}

constexpr auto bit(auth_method kind) {
  return static_cast<std::uint8_t>(kind);
}

} // namespace

TEST_CASE("without options both ends are of one user on one machine", "[link]") {
  const auto keys = load_credentials({});

  CHECK(keys->required_method() == auth_method::user);
  CHECK(keys->offered_methods(true) == bit(auth_method::user));
  CHECK(keys->offered_methods(false) == 0);
  CHECK_FALSE(keys->allows_remote());
  CHECK(keys->secret_of(auth_method::user)->size() == 32);
}

TEST_CASE("a secret stays on its machine unless that is not asked for", "[link]") {
  auto with = credentials().secret("bell");
  CHECK(load_credentials(with)->required_method() == auth_method::secret);
  CHECK(load_credentials(with)->offered_methods(true) ==
        (bit(auth_method::secret) | bit(auth_method::bound_secret)));
  CHECK(load_credentials(with)->offered_methods(false) == 0);
  CHECK_FALSE(load_credentials(with)->allows_remote());
  CHECK(*load_credentials(with)->secret_of(auth_method::secret) ==
        "bell is long enough for a secret");

  with.is_insecure = true;
  CHECK(load_credentials(with)->required_method() == auth_method::secret);
  CHECK(load_credentials(with)->offered_methods(false) == bit(auth_method::secret));
  CHECK(load_credentials(with)->allows_remote());
}

TEST_CASE("insecure without a secret is open, and takes what a node demands", "[link]") {
  link_security with;
  with.is_insecure = true;

  CHECK(load_credentials(with)->required_method() == auth_method::open);
  CHECK(load_credentials(with)->offered_methods(true) ==
        (bit(auth_method::open) | bit(auth_method::user)));
  CHECK(load_credentials(with)->offered_methods(false) == bit(auth_method::open));
  CHECK(load_credentials(with)->allows_remote());
}

TEST_CASE("with TLS nothing else is offered or accepted", "[link]") {
  auto with = credentials().tls("node");
  with.is_insecure = true;

  CHECK(load_credentials(with)->required_method() == auth_method::tls);
  CHECK(load_credentials(with)->offered_methods(true) == bit(auth_method::tls));
  CHECK(load_credentials(with)->offered_methods(false) == bit(auth_method::tls));
  CHECK(load_credentials(with)->allows_remote());
}

TEST_CASE("options of security that contradict each other are refused", "[link]") {
  const auto good = credentials().tls("node");
  auto with = good;
  with.tls_key.clear();
  CHECK(fault(with) ==
        "tls: expected all three: a certificate, its key and the authority's certificate");
  with = good;
  with.secret_file = "/somewhere";
  CHECK(fault(with) == "secret_file: is given beside TLS, expected one of them");
  CHECK(fault(with_allowed_names(good, {"*"})) ==
        "tls_allow: '*' is no name; expected a name, or *. and a name");
  with = {};
  with.tls_allow = {"tower"};
  CHECK(fault(with).find("tls: expected all three") == 0);
}

TEST_CASE("a secret that every user of the machine may read is refused", "[link]") {
  const scratch_directory scratch;
  auto with = credentials().secret("bell");
  const auto open = scratch.file("open");
  std::filesystem::copy_file(with.secret_file, open);
  for (const unsigned mode : {0644U, 0606U, 0601U}) {
    std::filesystem::permissions(open, std::filesystem::perms(mode));
    with.secret_file = open;
    CHECK(fault(with) ==
          "secret_file: " + open + " is open to every user; expected mode 0600 or 0640");
  }
  std::filesystem::permissions(open, std::filesystem::perms(0640));
  CHECK(fault(with).empty());

  auto tls = credentials().tls("node");
  std::filesystem::copy_file(tls.tls_key, scratch.file("key"));
  tls.tls_key = scratch.file("key");
  std::filesystem::permissions(tls.tls_key, std::filesystem::perms(0604));
  CHECK(fault(tls).find("tls_key: " + tls.tls_key + " is open to every user") == 0);
}

TEST_CASE("a file of security that cannot be used is named", "[link]") {
  const auto good = credentials().tls("node");
  auto with = good;
  with.tls_certificate = "/nowhere/node.pem";
  CHECK(fault(with).find("tls_certificate: /nowhere/node.pem: No such file or directory") == 0);
  with = good;
  with.tls_key = credentials().file("ours", "client.key");
  CHECK(fault(with).find("tls_key: " + with.tls_key + ": key values mismatch") == 0);
  with = good;
  with.tls_authority = credentials().file("ours", "client.key");
  CHECK(fault(with).find("tls_authority: " + with.tls_authority + ": ") == 0);
  with = {};
  with.secret_file = "/nowhere/secret";
  CHECK(fault(with).find("secret_file: /nowhere/secret: ") == 0);
}
