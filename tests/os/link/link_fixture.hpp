#pragma once

#include "os/link/certificate_issuer.hpp"
#include "os/link/dial.hpp"
#include "os/link/link_acceptor.hpp"
#include "os/link/transport_credentials.hpp"

#include "support/scratch_directory.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace belfry::test {

inline constexpr duration test_timeout{30'000};

/// Certificates of two authorities that do not know each other, and secrets; made once.
class test_credentials {
public:
  static const test_credentials& get() {
    static const test_credentials created;
    return created;
  }

  /// TLS with the certificate of `name`; the authority is that of the directory: `ours`, `foreign`
  /// or `past`, whose certificates have expired.
  [[nodiscard]] link_security tls(const std::string& name,
                                  const std::string& authority = "ours") const {
    link_security security;
    security.tls_certificate = file(authority, name + ".pem");
    security.tls_key = file(authority, name + ".key");
    security.tls_authority = file(authority, "ca.pem");
    return security;
  }
  /// A secret made of `text`.
  [[nodiscard]] link_security secret(const std::string& text) const {
    link_security security;
    security.secret_file = directory_.file("secret-" + text);
    std::ofstream{security.secret_file} << text << " is long enough for a secret\n";
    std::filesystem::permissions(security.secret_file, std::filesystem::perms(0600));
    return security;
  }
  [[nodiscard]] std::string file(const std::string& authority, const std::string& name) const {
    return directory_.file(authority) + "/" + name;
  }
  /// The directory of a simulated other user.
  [[nodiscard]] std::string user_directory(const std::string& name) const {
    return directory_.file("user-" + name);
  }

private:
  test_credentials() {
    for (const auto& [name, days] : {std::pair{"ours", 30}, {"foreign", 30}, {"past", -1}})
      REQUIRE(make_certificates(
                  {directory_.file(name), {"node", "tower.example.org"}, {"client", "eve"}, days})
                  .ok());
  }

  scratch_directory directory_;
};

inline const test_credentials& credentials() {
  return test_credentials::get();
}

inline std::shared_ptr<const transport_credentials>
load_credentials(const link_security& security, const std::string& user = "anna") {
  auto loaded = transport_credentials::load(security, credentials().user_directory(user));
  INFO((loaded ? "" : loaded.error().what));
  REQUIRE(loaded.ok());
  return std::move(*loaded);
}

/// The same certificate, checking peers with another authority.
inline link_security with_ca(link_security security, const std::string& authority) {
  security.tls_authority = credentials().file(authority, "ca.pem");
  return security;
}

inline link_security with_allowed_names(link_security security, std::vector<std::string> names) {
  security.tls_allow = std::move(names);
  return security;
}

/// An acceptor on its own port that records what its callbacks were given.
class recording_acceptor {
public:
  explicit recording_acceptor(std::shared_ptr<const transport_credentials> loaded,
                              acceptor_limits limits = {}) {
    auto opened = link_acceptor::open(
        {"127.0.0.1", 0}, std::move(loaded),
        {[this](peer_link link) { push(links_, std::move(link)); },
         [this](const std::string&, const std::string& reason) { push(refusals_, reason); }},
        limits);
    REQUIRE(opened.ok());
    acceptor_ = std::move(*opened);
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_->port(); }
  [[nodiscard]] node_address address() const { return {"127.0.0.1", port()}; }

  /// Waits for a refusal; returns false after a timeout.
  [[nodiscard]] bool waits_for_rejection() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, test_timeout, [this] { return !refusals_.empty(); });
  }

  /// The next of each; both wait for it.
  peer_link accepted() { return pop(links_); }
  std::string refusal() { return pop(refusals_); }

private:
  template <class Queue, class Value>
  void push(Queue& queue, Value value) {
    const std::lock_guard lock{mutex_};
    queue.push_back(std::move(value));
    changed_.notify_all();
  }

  template <class Queue>
  typename Queue::value_type pop(Queue& queue) {
    std::unique_lock lock{mutex_};
    REQUIRE(changed_.wait_for(lock, test_timeout, [&] { return !queue.empty(); }));
    auto first = std::move(queue.front());
    queue.pop_front();
    return first;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<peer_link> links_;
  std::deque<std::string> refusals_;
  std::unique_ptr<link_acceptor> acceptor_; // Last: its thread uses the members above.
};

inline result<peer_link> dial_as(const link_security& security, const recording_acceptor& node,
                                 const std::string& user = "anna") {
  static const std::atomic<bool> never{false};
  return dial(node.address(), load_credentials(security, user), test_timeout, never);
}

} // namespace belfry::test
