#include "os/postgres/postgres_engine.hpp"

#include "journal/journal_conformance.hpp"
#include "postgres_fixture.hpp"

namespace belfry {

namespace {

class postgres_under_test {
public:
  std::shared_ptr<journal> open() { return cluster_.open_another(); }

private:
  postgres_fixture cluster_;
};

} // namespace

} // namespace belfry

// Without disk_conformance.ipp: a node does not see the server's disk.
#define ENGINE postgres_under_test
#include "journal/journal_conformance.ipp"
