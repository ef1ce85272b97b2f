// TLS, secrets and strangers, as a user meets them: a real node, and commands to it.
#include "node_program.hpp"

#include <fstream>

using namespace belfry::test;

namespace {

/// Certificates of one's own and of strangers, and a secret.
struct security_fixture : temporary_directory {
  security_fixture() {
    REQUIRE(shell(program + " certs " + directory + "/ours --name node,tower --client client,eve")
                .status == 0);
    REQUIRE(shell(program + " certs " + directory + "/foreign").status == 0);
    std::ofstream{directory + "/secret"} << "sixteen bytes or more\n";
    std::ofstream{directory + "/other"} << "sixteen other bytes\n";
    REQUIRE(shell("chmod 600 " + directory + "/secret " + directory + "/other").status == 0);
  }

  [[nodiscard]] std::string tls(const std::string& name, const std::string& signer = "ours",
                                const std::string& authority = "ours") const {
    return " --tls-cert " + directory + "/" + signer + "/" + name + ".pem --tls-key " + directory +
           "/" + signer + "/" + name + ".key --tls-ca " + directory + "/" + authority + "/ca.pem ";
  }
  [[nodiscard]] std::string secret(const std::string& name) const {
    return " --secret-file " + directory + "/" + name + " ";
  }
  /// A node whose log is kept.
  [[nodiscard]] std::string node_flags(const std::string& security) const {
    return "--log-level warning --data " + directory + "/data" + security + " 2>" + directory +
           "/log";
  }
  [[nodiscard]] bool log_says(const std::string& text) const {
    return shell("cat " + directory + "/log").contains(text);
  }

  [[nodiscard]] static std::string port_text(const node_program& node) {
    return "127.0.0.1:" + node.port();
  }
};

} // namespace

TEST_CASE_METHOD(security_fixture, "with TLS a node serves peers with a certificate", "[cli]") {
  const node_program node{node_flags(tls("node") + "--tls-allow client,*.example.org")};

  const auto good = node.belfry("submit exec --wait" + tls("client") + "-- echo -n good morning");
  CHECK(good.status == 0);
  CHECK(good.contains("good morning"));
  CHECK(node.belfry("status" + tls("client") + "--tls-allow node").status == 0);

  const auto variables =
      "BELFRY_TLS_CERT=" + directory + "/ours/client.pem BELFRY_TLS_KEY=" + directory +
      "/ours/client.key BELFRY_TLS_CA=" + directory + "/ours/ca.pem BELFRY_TLS_ALLOW=tower,node";
  CHECK(node.belfry("status", variables).status == 0);
}

TEST_CASE_METHOD(security_fixture,
                 "with TLS a node refuses other peers, and both report the reason", "[cli]") {
  const node_program node{node_flags(tls("node") + "--tls-allow client")};
  const auto refused = [&](const std::string& flags, const std::string& why) {
    const auto outcome = node.belfry("status" + flags);
    CHECK(outcome.status == 3);
    CHECK(outcome.contains("cannot connect to " + port_text(node) + ": " + why));
  };

  refused("", "it requires TLS (--tls-cert, --tls-key, --tls-ca)");
  CHECK(log_says("reason=\"it offers no TLS\""));
  refused(secret("secret"), "it requires TLS");
  refused(tls("eve"), "it refuses our certificate: its name is not allowed there");
  CHECK(log_says("reason=\"its name is not allowed: 'eve'\""));
  refused(tls("client", "foreign"), "it refuses our certificate: unknown ca");
  CHECK(log_says("reason=\"its certificate is not trusted"));
  refused(tls("client", "ours", "foreign"), "its certificate is not trusted");
  refused(tls("client") + "--tls-allow tower", "its name is not allowed: 'node'");
  CHECK(log_says("reason=\"it does not allow the name of our certificate\""));
}

TEST_CASE_METHOD(security_fixture, "a node without TLS refuses clients that require it", "[cli]") {
  const node_program node{node_flags("")};

  const auto outcome = node.belfry("status" + tls("client"));

  CHECK(outcome.status == 3);
  CHECK(outcome.contains("it accepts only programs of its own user on its own machine"));
  CHECK(log_says("reason=\"it offers no proof of its user\""));
  CHECK(node.belfry("status").status == 0);
}

TEST_CASE_METHOD(security_fixture, "both peers need the same secret", "[cli]") {
  const node_program node{node_flags(secret("secret"))};

  CHECK(node.belfry("status" + secret("secret")).status == 0);
  CHECK(node.belfry("status", "BELFRY_SECRET_FILE=" + directory + "/secret").status == 0);
  CHECK(node.belfry("status" + secret("other")).contains("it has another secret"));
  CHECK(log_says("reason=\"it has another secret\""));
  CHECK(node.belfry("status").contains("it requires a secret (--secret-file)"));
  const auto missing = node.belfry("status" + secret("missing"));
  CHECK(missing.status == 1);
  CHECK(missing.contains("secret_file: " + directory + "/missing: "));
}

TEST_CASE_METHOD(temporary_directory, "programs with the same BELFRY_HOME share a secret",
                 "[cli]") {
  const auto home = "BELFRY_HOME=" + directory + "/home";
  const node_program node{"--data " + directory + "/data", home};

  CHECK(node.belfry("status", home).status == 0);
  CHECK(std::filesystem::file_size(directory + "/home/secret") == 32);
  CHECK(node.belfry("status").contains("it belongs to another user"));
  const auto relative = node.belfry("status", "BELFRY_HOME=home");
  CHECK(relative.status == 1);
  CHECK(relative.contains("BELFRY_HOME: is 'home', expected an absolute path"));
}

TEST_CASE_METHOD(temporary_directory, "an empty security option is refused", "[cli]") {
  for (const std::string flag : {"--tls-cert", "--tls-key", "--tls-ca", "--secret-file"}) {
    const auto outcome = shell(program + " status " + flag + " ''");
    CHECK(outcome.status == 2);
    CHECK(outcome.contains(flag + ": is empty"));
  }
  for (const std::string names : {"''", ","}) {
    const auto outcome = shell(program + " status --tls-allow " + names);
    INFO(names);
    CHECK(outcome.status == 2);
    CHECK(outcome.contains("--tls-allow"));
  }
}

TEST_CASE_METHOD(security_fixture, "a worker node authenticates itself, too", "[cli]") {
  const node_program keeper{"--data " + directory + "/data --queues other" + tls("node")};
  const worker_program worker{"--join " + port_text(keeper) + tls("tower") + "--log-level off"};

  CHECK(keeper.belfry("submit exec --wait" + tls("client") + "-- echo -n from afar")
            .contains("from afar"));
}

TEST_CASE_METHOD(security_fixture, "plain text leaves the machine only if it is allowed", "[cli]") {
  const auto start = [&](const std::string& flags) {
    return shell("timeout 60 " + program + " node --port 0 --slots 0 --data " + directory +
                 "/data " + flags);
  };
  CHECK(start("--bind 0.0.0.0").contains("bind: is 0.0.0.0, which other machines reach"));
  CHECK(start("--bind '*'" + secret("secret")).contains("bind: is *, which other machines reach"));
  CHECK(start("--tls-cert nothing").contains("tls: expected all three"));
  const auto client = shell(program + " status --host 192.0.2.1 --port 4100");
  CHECK(client.status == 3);
  CHECK(client.contains("cannot connect to 192.0.2.1:4100: it is another machine"));

  const node_program open{node_flags(" --insecure")};
  CHECK(log_says("node.insecure"));
  CHECK(open.belfry("status --insecure").status == 0);
  CHECK(open.belfry("status", "BELFRY_INSECURE=1").status == 0);
  CHECK(open.belfry("status").contains("it does not authenticate itself"));
}

TEST_CASE_METHOD(temporary_directory, "certificates are made once, and more can be added",
                 "[cli]") {
  const auto first = shell(program + " certs " + directory + "/pki");
  CHECK(first.status == 0);
  for (const std::string name : {"ca", "node", "client"})
    for (const std::string ending : {".pem", ".key"})
      CHECK(first.contains(directory + "/pki/" + name + ending + "\n"));
  const auto more = shell(program + " certs " + directory + "/pki --name tower --json");
  CHECK(more.contains("/pki/tower.pem\",\"is_new\":true"));
  CHECK(more.contains("/pki/ca.key\",\"is_new\":false"));
  CHECK(shell(program + " certs /proc/nowhere").status == 1); // No node has a full disk.
  const auto bad = shell(program + " certs " + directory + "/pki --name ../up");
  CHECK(bad.status == 1);
  CHECK(bad.contains("name: '../up' cannot name a certificate"));
}
