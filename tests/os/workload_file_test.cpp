#include "os/workload_file.hpp"

#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace belfry;

namespace {

struct workload_fixture : scratch_directory {
  result<std::vector<workload_row>> read(const std::string& text, std::size_t rows_max = 100) {
    std::ofstream{file("rows.csv")} << text;
    return read_workload(file("rows.csv"), rows_max);
  }
};

constexpr const char* head = "submit_time_s,task_type,tenant,f_size,run_time_s,status\n";

} // namespace

TEST_CASE_METHOD(workload_fixture, "rows are sorted by submit time, and other columns are ignored",
                 "[workload_file]") {
  const auto rows = read(std::string{head} + "5.5,sum,ann,9,1.5,ok\r\n"
                                             "0,send,,,0,failed\n"
                                             "2,x,b,1,2,timeout\n");
  REQUIRE(rows);
  REQUIRE(rows->size() == 3);
  CHECK(rows->at(0).type == "send");
  CHECK(rows->at(0).tenant.empty());
  CHECK(rows->at(0).has_failed);
  CHECK(rows->at(1).has_failed);
  CHECK(rows->at(2).submit_s == 5.5);
  CHECK(rows->at(2).run_s == 1.5);
  CHECK_FALSE(rows->at(2).has_failed);
  CHECK(read(std::string{head} + "0,a,b,1,1,ok\n1,a,b,1,1,ok\n", 1)->size() == 1);
}

TEST_CASE_METHOD(workload_fixture, "a malformed workload is refused with its line",
                 "[workload_file]") {
  const auto refusal = [&](const std::string& text) { return read(text).error().what; };
  CHECK(refusal("submit_time_s,task_type\n").find("has no column run_time_s") != std::string::npos);
  CHECK(refusal(head).find("has no rows") != std::string::npos);
  CHECK(refusal(std::string{head} + "0,a\n").find("line 2: 2 cells, expected 6") !=
        std::string::npos);
  CHECK(
      refusal(std::string{head} + "0,a,b,1,soon,ok\n").find("'soon' is not a number of seconds") !=
      std::string::npos);
  CHECK(refusal(std::string{head} + "-1,a,b,1,1,ok\n").find("'-1' is no") != std::string::npos);
  CHECK(read_workload(file("none.csv"), 1).error().code == errc::not_found);
}
