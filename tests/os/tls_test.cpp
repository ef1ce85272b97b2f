#include "os/tls.hpp"

#include "link_fixture.hpp"

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
