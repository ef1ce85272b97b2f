#include "os/postgres/postgres_messages.hpp"

#include "postgres_fixture.hpp"

namespace belfry {

TEST_CASE("an address that libpq cannot read is refused with libpq's reason", "[postgres]") {
  CHECK(contains_all(postgres_uri_error("postgresql://belfry@db/tasks?bogus=1"),
                     {"not a PostgreSQL address", "\"bogus\"", "postgresql://user@host"}));
  CHECK(contains_all(postgres_uri_error("postgresql://[::1/tasks"), {"IPv6"}));
  CHECK(postgres_uri_error("postgresql://belfry@db/tasks?connect_timeout=3").empty());
  CHECK(postgres_uri_error("host=db user=belfry").empty());
  CHECK(postgres_uri_error("postgresql://belfry@db1:1,db2:2/tasks").empty());
  CHECK(postgres_uri_error("postgresql://belfry@/tasks?host=/run/a@b").empty());
  CHECK(postgres_uri_error("postgresql://%40socket/tasks").empty());
}

TEST_CASE("an empty address is refused, though libpq would try a local server", "[postgres]") {
  for (const auto* const uri : {"", " ", "\n"})
    CHECK(contains_all(postgres_uri_error(uri), {"address is empty", "postgresql://user@host"}));
}

TEST_CASE("the reason repeats nothing of an address that may be a password", "[postgres]") {
  for (const auto* const uri :
       {"postgresql://belfry:secret@[::1/tasks", "postgresql://belfry:secret%zz@db/tasks",
        "postgresql://belfry:a/b?secret=1@db/tasks", "postgresql://belfry:a\"secret\"b@[db/tasks",
        "postgresql://belfry:secret/x@db/tasks", "postgresql://belfry:a@secret@db/tasks",
        "postgresql://belfry@a,b@secret/tasks", "postgresql://belfry@db:secret/tasks?x=1",
        "postgresql://belfry@db/tasks?password=secret%zz", "secret", "password='secret"}) {
    const auto error = postgres_uri_error(uri);
    INFO(uri << ": " << error);
    CHECK_FALSE(error.empty());
    CHECK(error.find("secret") == std::string::npos);
  }
}

TEST_CASE("of what a reason quotes only names of settings remain", "[postgres]") {
  const std::string uri = "postgresql://u:p@h/d?one=1&two=2";
  CHECK(without_quoted_secrets("bad \"one\", \"two\" and \"h\"", uri) ==
        "bad \"one\", \"two\" and …");
  CHECK(without_quoted_secrets("unterminated \"one", uri) == "unterminated …");
  CHECK(without_quoted_secrets("odd \"one\" \"", uri) == "odd \"one\" …");
  CHECK(without_quoted_secrets("bad \"a\"b\"c\" there", uri + "%22") == "bad … there");
}

} // namespace belfry
