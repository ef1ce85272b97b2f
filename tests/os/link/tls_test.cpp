#include "os/link/tls.hpp"

#include "link_fixture.hpp"
#include "os/descriptor.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>

using namespace belfry;
using namespace belfry::test;

namespace {

using open_file = std::unique_ptr<FILE, int (*)(FILE*)>;

open_file open_at(const std::string& path, const char* mode) {
  open_file file{std::fopen(path.c_str(), mode), std::fclose};
  REQUIRE(file);
  return file;
}

/// The certificate of `name` with another common name, signed again: an authority that checks only
/// DNS names would issue it.
link_security with_common_name(const std::string& name, const std::string& common,
                               const std::string& file) {
  auto security = credentials().tls(name);
  const std::unique_ptr<X509, void (*)(X509*)> certificate{
      PEM_read_X509(open_at(security.tls_certificate, "r").get(), nullptr, nullptr, nullptr),
      X509_free};
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> authority{
      PEM_read_PrivateKey(open_at(credentials().file("ours", "ca.key"), "r").get(), nullptr,
                          nullptr, nullptr),
      EVP_PKEY_free};
  REQUIRE((certificate && authority));
  auto* subject = X509_get_subject_name(certificate.get());
  X509_NAME_ENTRY_free(X509_NAME_delete_entry(subject, 0));
  REQUIRE(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1,
                                     0) == 1);
  REQUIRE(X509_sign(certificate.get(), authority.get(), EVP_sha256()) != 0);
  security.tls_certificate = file;
  REQUIRE(PEM_write_X509(open_at(file, "w").get(), certificate.get()) == 1);
  return security;
}

} // namespace

TEST_CASE("the names of a peer are those of its certificate, each once", "[tls]") {
  recording_acceptor node{load_credentials(credentials().tls("tower.example.org"))};

  const auto link = dial_as(credentials().tls("client"), node);

  REQUIRE(link.ok());
  CHECK(peer_names(*link->layer.tls) == std::vector<std::string>{"tower.example.org"});
  CHECK(peer_names(*node.accepted().layer.tls) == std::vector<std::string>{"client"});
  CHECK(tls_pending(*link->layer.tls) == 0);
}

TEST_CASE("writing to a closed connection fails without a signal", "[tls]") {
  static volatile std::sig_atomic_t signals = 0;
  signals = 0;
  const auto before = std::signal(SIGPIPE, [](int) { signals = signals + 1; });
  recording_acceptor node{load_credentials(credentials().tls("node"))};
  auto link = dial_as(credentials().tls("client"), node);
  REQUIRE(link.ok());
  node.accepted().socket.close();

  const std::string data(1'000, 'x');
  std::size_t count = 0;
  auto outcome = tls_outcome::done;
  for (int i = 0; i < 10'000 && outcome == tls_outcome::done; ++i)
    outcome = tls_write(*link->layer.tls, data.data(), data.size(), count);

  std::signal(SIGPIPE, before);
  CHECK(outcome == tls_outcome::failed);
  CHECK(signals == 0);
}

TEST_CASE("a peer cannot make a node compute with slow groups", "[tls]") {
  const auto files = credentials().tls("tower.example.org");
  const auto ours = make_tls_context({files.tls_certificate, files.tls_key, files.tls_authority});
  REQUIRE(ours.ok());
  const tls_context theirs{SSL_CTX_new(TLS_method()), SSL_CTX_free};
  REQUIRE(SSL_CTX_set1_groups_list(theirs.get(), "ffdhe8192:ffdhe2048") == 1);
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const descriptor their_end{ends[0]};
  const descriptor our_end{ends[1]};
  const auto client = make_tls_session(theirs, their_end.number(), tls_role::client);
  const auto node = make_tls_session(*ours, our_end.number(), tls_role::server);

  CHECK(tls_handshake(*client) == tls_outcome::wants_read);
  CHECK(tls_handshake(*node) == tls_outcome::failed);
}

TEST_CASE("a common name beside a DNS name is ignored", "[tls]") {
  const scratch_directory scratch;
  const auto node_security =
      with_allowed_names(credentials().tls("tower.example.org"), {"tower.example.org"});
  recording_acceptor node{load_credentials(node_security)};

  (void)dial_as(with_common_name("eve", "tower.example.org", scratch.file("eve.pem")), node);

  CHECK(node.refusal() == "its name is not allowed: 'eve'");
}
