#include "link_fixture.hpp"

#include <filesystem>

using namespace belfry;
using namespace belfry::test;

namespace {

std::string load_error(const link_security& security) {
  const auto loaded = transport_credentials::load(security, std::string{});
  return loaded ? "" : loaded.error().what;
}

constexpr auto bit(auth_method method) {
  return static_cast<std::uint8_t>(method);
}

} // namespace

TEST_CASE("without options peers of one user on one machine are accepted", "[link]") {
  const auto loaded = load_credentials({});

  CHECK(loaded->required_method() == auth_method::user);
  CHECK(loaded->offered_methods(true) == bit(auth_method::user));
  CHECK(loaded->offered_methods(false) == 0);
  CHECK_FALSE(loaded->allows_remote());
  CHECK(loaded->secret_of(auth_method::user)->size() == 32);
}

TEST_CASE("a secret is used on its own machine only unless --insecure is given", "[link]") {
  auto security = credentials().secret("bell");
  CHECK(load_credentials(security)->required_method() == auth_method::secret);
  CHECK(load_credentials(security)->offered_methods(true) ==
        (bit(auth_method::secret) | bit(auth_method::bound_secret)));
  CHECK(load_credentials(security)->offered_methods(false) == 0);
  CHECK_FALSE(load_credentials(security)->allows_remote());
  CHECK(*load_credentials(security)->secret_of(auth_method::secret) ==
        "bell is long enough for a secret");

  security.is_insecure = true;
  CHECK(load_credentials(security)->required_method() == auth_method::secret);
  CHECK(load_credentials(security)->offered_methods(false) == bit(auth_method::secret));
  CHECK(load_credentials(security)->allows_remote());
}

TEST_CASE("insecure without a secret accepts every peer, and connects to any node", "[link]") {
  link_security security;
  security.is_insecure = true;

  CHECK(load_credentials(security)->required_method() == auth_method::none);
  CHECK(load_credentials(security)->offered_methods(true) ==
        (bit(auth_method::none) | bit(auth_method::user)));
  CHECK(load_credentials(security)->offered_methods(false) == bit(auth_method::none));
  CHECK(load_credentials(security)->allows_remote());
}

TEST_CASE("with TLS nothing else is offered or accepted", "[link]") {
  auto security = credentials().tls("node");
  security.is_insecure = true;

  CHECK(load_credentials(security)->required_method() == auth_method::tls);
  CHECK(load_credentials(security)->offered_methods(true) == bit(auth_method::tls));
  CHECK(load_credentials(security)->offered_methods(false) == bit(auth_method::tls));
  CHECK(load_credentials(security)->allows_remote());
}

TEST_CASE("contradicting security options are refused", "[link]") {
  const auto good = credentials().tls("node");
  auto security = good;
  security.tls_key.clear();
  CHECK(load_error(security) ==
        "tls: expected all three: a certificate, its key and the authority's certificate");
  security = good;
  security.secret_file = "/somewhere";
  CHECK(load_error(security) == "secret_file: is given beside TLS, expected one of them");
  CHECK(load_error(with_allowed_names(good, {"*"})) ==
        "tls_allow: '*' is not a name; expected a name, or *. and a name");
  security = {};
  security.tls_allow = {"tower"};
  CHECK(load_error(security).find("tls: expected all three") == 0);
}

TEST_CASE("a secret that every user of the machine may read is refused", "[link]") {
  const scratch_directory scratch;
  auto security = credentials().secret("bell");
  const auto open = scratch.file("open");
  std::filesystem::copy_file(security.secret_file, open);
  for (const unsigned mode : {0644U, 0606U, 0601U}) {
    std::filesystem::permissions(open, std::filesystem::perms(mode));
    security.secret_file = open;
    CHECK(load_error(security) ==
          "secret_file: " + open + " is open to every user; expected mode 0600 or 0640");
  }
  std::filesystem::permissions(open, std::filesystem::perms(0640));
  CHECK(load_error(security).empty());

  auto tls = credentials().tls("node");
  std::filesystem::copy_file(tls.tls_key, scratch.file("key"));
  tls.tls_key = scratch.file("key");
  std::filesystem::permissions(tls.tls_key, std::filesystem::perms(0604));
  CHECK(load_error(tls).find("tls_key: " + tls.tls_key + " is open to every user") == 0);
}

TEST_CASE("a relative BELFRY_HOME is refused", "[link]") {
  const failure unknown_home{errc::overloaded, "/etc/passwd: cannot be read"};
  CHECK(transport_credentials::load({}, unknown_home).error() == unknown_home);
  CHECK(transport_credentials::load(credentials().secret("bell"), unknown_home).ok());
  CHECK(transport_credentials::load({}, std::string{"own"}).error() ==
        failure{errc::invalid_argument, "BELFRY_HOME: is 'own', expected an absolute path"});
}

TEST_CASE("a security file that cannot be used is named", "[link]") {
  const auto good = credentials().tls("node");
  auto security = good;
  security.tls_certificate = "/nowhere/node.pem";
  CHECK(load_error(security).find(
            "tls_certificate: /nowhere/node.pem: No such file or directory") == 0);
  security = good;
  security.tls_key = credentials().file("ours", "client.key");
  CHECK(load_error(security).find("tls_key: " + security.tls_key + ": key values mismatch") == 0);
  security = good;
  security.tls_authority = credentials().file("ours", "client.key");
  CHECK(load_error(security).find("tls_authority: " + security.tls_authority + ": ") == 0);
  security = {};
  security.secret_file = "/nowhere/secret";
  CHECK(load_error(security).find("secret_file: /nowhere/secret: ") == 0);
}
