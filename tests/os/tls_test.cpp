#include "os/tls.hpp"

#include "link_fixture.hpp"
#include "os/descriptor.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>

using namespace belfry;
using namespace belfry::test;

TEST_CASE("the names of a peer are those of its certificate, each once", "[tls]") {
  watched_acceptor node{keys_of(credentials().tls("tower.example.org"))};

  const auto link = dial_as(credentials().tls("client"), node);

  REQUIRE(link.ok());
  CHECK(peer_names(*link->session) == std::vector<std::string>{"tower.example.org"});
  CHECK(peer_names(*node.accepted().session) == std::vector<std::string>{"client"});
  CHECK(tls_pending(*link->session) == 0);
}

TEST_CASE("a stranger cannot make a node compute with slow groups", "[tls]") {
  const auto files = credentials().tls("tower.example.org");
  const auto ours = make_tls_context({files.tls_certificate, files.tls_key, files.tls_authority});
  REQUIRE(ours.ok());
  const tls_context theirs{SSL_CTX_new(TLS_method()), SSL_CTX_free};
  REQUIRE(SSL_CTX_set1_groups_list(theirs.get(), "ffdhe8192:ffdhe2048") == 1);
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const descriptor their_end{ends[0]};
  const descriptor our_end{ends[1]};
  const auto stranger = begin_tls(theirs, their_end.number(), tls_side::dials);
  const auto node = begin_tls(*ours, our_end.number(), tls_side::accepts);

  CHECK(shake_hands(*stranger) == tls_outcome::wants_read);
  CHECK(shake_hands(*node) == tls_outcome::failed);
}
