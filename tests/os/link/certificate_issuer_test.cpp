#include "os/link/certificate_issuer.hpp"

#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace belfry;

namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::size_t count_of_new(const result<std::vector<certificate_file>>& files) {
  REQUIRE(files.ok());
  return static_cast<std::size_t>(std::count_if(
      files->begin(), files->end(), [](const certificate_file& file) { return file.is_new; }));
}

} // namespace

TEST_CASE("certificates come with their keys, which only the user can read", "[certificates]") {
  const scratch_directory scratch;
  const auto files = make_certificates({scratch.file("certs"), {"tower"}, {"anna", "otto"}});

  CHECK(count_of_new(files) == 8);
  for (const auto& [path, is_new] : *files) {
    const bool is_key = path.ends_with(".key");
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 077) == (is_key ? 0U : 044U));
    CHECK(text_of_file(path).find(is_key ? "PRIVATE KEY" : "CERTIFICATE") != std::string::npos);
  }
}

TEST_CASE("no certificate is ever overwritten, and more can be added", "[certificates]") {
  const scratch_directory scratch;
  REQUIRE(make_certificates({scratch.file("certs"), {"tower"}, {}}).ok());
  const auto authority = text_of_file(scratch.file("certs/ca.pem"));
  const auto tower = text_of_file(scratch.file("certs/tower.pem"));

  const auto more = make_certificates({scratch.file("certs"), {"tower", "bell"}, {}});

  CHECK(count_of_new(more) == 2);
  CHECK(more->size() == 6);
  CHECK(text_of_file(scratch.file("certs/ca.pem")) == authority);
  CHECK(text_of_file(scratch.file("certs/tower.pem")) == tower);
}

TEST_CASE("a name that is not a file name is refused", "[certificates]") {
  const scratch_directory scratch;
  for (const std::string wrong : {"", "ca", "../up", "a/b", ".hidden", "a,DNS:b"}) {
    const auto made = make_certificates({scratch.file("certs"), {wrong}, {}});
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().what.find("name: '" + wrong + "'") == 0);
  }
}

TEST_CASE("a name cannot be a node's and a client's", "[certificates]") {
  const scratch_directory scratch;
  const auto made = make_certificates({scratch.file("certs"), {"tower", "anna"}, {"anna"}});

  REQUIRE_FALSE(made.ok());
  CHECK(made.error().what ==
        "name: 'anna' is given for a node and for a client; expected one of them");
}

TEST_CASE("a key without its certificate is named", "[certificates]") {
  const scratch_directory scratch;
  std::ofstream{scratch.file("tower.key")} << "half";
  const auto made = make_certificates({scratch.file("."), {"tower"}, {}});

  REQUIRE_FALSE(made.ok());
  CHECK(made.error().what.find("tower.pem is missing beside ") != std::string::npos);
}

TEST_CASE("an authority that cannot be used is named", "[certificates]") {
  const scratch_directory scratch;
  std::ofstream{scratch.file("ca.pem")} << "nonsense";
  std::ofstream{scratch.file("ca.key")} << "nonsense";
  const auto made = make_certificates({scratch.file("."), {"tower"}, {}});

  REQUIRE_FALSE(made.ok());
  CHECK(made.error().what.find("ca.pem and ") != std::string::npos);
  CHECK_FALSE(make_certificates({scratch.file("no/such"), {"tower"}, {}}).ok());
}
