#include "os/postgres/postgres_engine.hpp"

#include "journal/journal_conformance.hpp"
#include "postgres_fixture.hpp"

namespace belfry {

namespace {

class postgres_under_test {
public:
  std::shared_ptr<journal> open() { return cluster_.another(); }

private:
  postgres_fixture cluster_;
};

} // namespace

} // namespace belfry

// Its disk is the server's, which no node sees: without disk_conformance.ipp.
#define ENGINE postgres_under_test
#include "journal/journal_conformance.ipp"
