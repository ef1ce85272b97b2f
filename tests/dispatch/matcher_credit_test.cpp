#include "dispatch/matcher.hpp"

#include "matcher_fixture.hpp"

#include <catch2/catch.hpp>

using namespace belfry;
using belfry::test::matcher_fixture;

TEST_CASE_METHOD(matcher_fixture, "a worker lacks credit while tasks wait that it could run",
                 "[matcher]") {
  const session_id seven{7};
  CHECK_FALSE(match.has_demand(seven));
  attach(7, {"send"}, 4, 0);
  tell(0, {lane("mail", "print", 5)});
  CHECK_FALSE(match.has_demand(seven));
  tell(0, {lane("mail", "send", 5)});
  CHECK(match.has_demand(seven));
  match.add_credit(seven, 2);
  CHECK_FALSE(match.has_demand(seven));
  CHECK(total(match.assign()) == 2);
  CHECK(match.has_demand(seven));
}

TEST_CASE_METHOD(matcher_fixture, "credit is taken back as far as there is any", "[matcher]") {
  attach(7, {"send"}, 4, 4);
  CHECK(match.recall_credit(session_id{7}, 3) == 3);
  tell(0, {lane("mail", "send", 5)});
  CHECK(total(match.assign()) == 1);
  CHECK(match.recall_credit(session_id{7}, 3) == 0);
  CHECK(match.recall_credit(session_id{8}, 3) == 0);
}
