// Commands on a machine that lacks something: they have not started, and so have not failed.
#include "exec_fixture.hpp"

#include "os/handlers/exec_process.hpp"
#include "support/descriptor_shortage.hpp"
#include "support/forked.hpp"
#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <sys/resource.h>
#include <unistd.h>

namespace belfry {

using test::descriptors_left;
using test::exec_fixture;
using test::status_of_forked;
using verdict = run_result::verdict;

namespace {

constexpr rlim_t descriptors_to_start = 8;

} // namespace

TEST_CASE_METHOD(exec_fixture, "a command that lacks a descriptor has not started", "[exec]") {
  const scratch_directory scratch;
  const auto mark = scratch.file("mark");
  for (rlim_t count = 0; count < descriptors_to_start; ++count) {
    run_result result;
    {
      const descriptors_left few{count};
      result = exec({.command = {"touch", mark}});
    }
    INFO(count << " descriptors");
    CHECK(result.end == verdict::not_started);
    CHECK(result.error == "descriptors");
    CHECK(result.message == "Too many open files");
    CHECK(access(mark.c_str(), F_OK) != 0);
  }
  const descriptors_left enough{descriptors_to_start};
  CHECK(exec({.command = {"true"}}).end == verdict::succeeded);
}

TEST_CASE("a command for which there is no process has not started", "[exec]") {
  const auto status = status_of_forked([] {
    constexpr uid_t nobody = 65534;
    if (geteuid() == 0 && setuid(nobody) != 0) // The limit does not hold for root.
      return 2;
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_NPROC, &none) != 0)
      return 3;
    const auto result = exec_fixture{}.exec({.command = {"true"}});
    return result.end == verdict::not_started && result.error == "processes" ? 0 : 1;
  });
  CHECK(status == 0);
}

TEST_CASE("shortages of the machine are told from faults of the command", "[exec]") {
  CHECK(shortage_of(EMFILE) == "descriptors");
  CHECK(shortage_of(ENFILE) == "descriptors");
  CHECK(shortage_of(EAGAIN) == "processes");
  CHECK(shortage_of(ENOMEM) == "memory");
  for (const int fault : {ENOENT, EACCES, E2BIG, ENOEXEC, ELOOP, ETXTBSY})
    CHECK(shortage_of(fault).empty());
}

} // namespace belfry
