#include "link_fixture.hpp"

#include <filesystem>

using namespace belfry;
using namespace belfry::test;

namespace {

std::string fault(const link_security& with) {
  const auto keys = link_keys::load(with, "");
  return keys ? "" : keys.error().what;
}

constexpr auto bit(link_kind kind) {
  return static_cast<std::uint8_t>(kind);
}

} // namespace

TEST_CASE("without options both ends are of one user on one machine", "[link]") {
  const auto keys = keys_of({});

  CHECK(keys->demanded() == link_kind::user);
  CHECK(keys->offered(true) == bit(link_kind::user));
  CHECK(keys->offered(false) == 0);
  CHECK_FALSE(keys->may_leave_machine());
  CHECK(keys->secret_of(link_kind::user)->size() == 32);
}

TEST_CASE("a secret stays on its machine unless that is not asked for", "[link]") {
  auto with = credentials().secret("bell");
  CHECK(keys_of(with)->demanded() == link_kind::secret);
  CHECK(keys_of(with)->offered(true) == (bit(link_kind::secret) | bit(link_kind::secret_here)));
  CHECK(keys_of(with)->offered(false) == 0);
  CHECK_FALSE(keys_of(with)->may_leave_machine());
  CHECK(*keys_of(with)->secret_of(link_kind::secret) == "bell is long enough for a secret");

  with.is_insecure = true;
  CHECK(keys_of(with)->demanded() == link_kind::secret);
  CHECK(keys_of(with)->offered(false) == bit(link_kind::secret));
  CHECK(keys_of(with)->may_leave_machine());
}

TEST_CASE("insecure without a secret is open, and takes what a node demands", "[link]") {
  link_security with;
  with.is_insecure = true;

  CHECK(keys_of(with)->demanded() == link_kind::open);
  CHECK(keys_of(with)->offered(true) == (bit(link_kind::open) | bit(link_kind::user)));
  CHECK(keys_of(with)->offered(false) == bit(link_kind::open));
  CHECK(keys_of(with)->may_leave_machine());
}

TEST_CASE("with TLS nothing else is offered or accepted", "[link]") {
  auto with = credentials().tls("node");
  with.is_insecure = true;

  CHECK(keys_of(with)->demanded() == link_kind::tls);
  CHECK(keys_of(with)->offered(true) == bit(link_kind::tls));
  CHECK(keys_of(with)->offered(false) == bit(link_kind::tls));
  CHECK(keys_of(with)->may_leave_machine());
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
  CHECK(fault(allowing(good, {"*"})) ==
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
