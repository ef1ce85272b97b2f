#pragma once

#include "os/link/certificates.hpp"
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
    static const test_credentials one;
    return one;
  }

  /// TLS as the one with this certificate; the authority is that of the directory: `ours`,
  /// `foreign` or `past`, whose certificates have expired.
  [[nodiscard]] link_security tls(const std::string& name,
                                  const std::string& authority = "ours") const {
    link_security with;
    with.tls_certificate = file(authority, name + ".pem");
    with.tls_key = file(authority, name + ".key");
    with.tls_authority = file(authority, "ca.pem");
    return with;
  }
  /// With a secret made of `text`.
  [[nodiscard]] link_security secret(const std::string& text) const {
    link_security with;
    with.secret_file = directory_.file("secret-" + text);
    std::ofstream{with.secret_file} << text << " is long enough for a secret\n";
    std::filesystem::permissions(with.secret_file, std::filesystem::perms(0600));
    return with;
  }
  [[nodiscard]] std::string file(const std::string& authority, const std::string& name) const {
    return directory_.file(authority) + "/" + name;
  }
  /// Of another user, as it were.
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
load_credentials(const link_security& with, const std::string& user = "anna") {
  auto keys = transport_credentials::load(with, credentials().user_directory(user));
  INFO((keys ? "" : keys.error().what));
  REQUIRE(keys.ok());
  return std::move(*keys);
}

/// Certificates of one authority, to be checked with those of another.
inline link_security with_ca(link_security with, const std::string& authority) {
  with.tls_authority = credentials().file(authority, "ca.pem");
  return with;
}

inline link_security with_allowed_names(link_security with, std::vector<std::string> names) {
  with.tls_allow = std::move(names);
  return with;
}

/// An acceptor on a port of its own, and what it has told.
class recording_acceptor {
public:
  explicit recording_acceptor(std::shared_ptr<const transport_credentials> keys,
                              acceptor_limits limits = {}) {
    auto opened = link_acceptor::open(
        {"127.0.0.1", 0}, std::move(keys),
        {[this](peer_link link) { put(links_, std::move(link)); },
         [this](const std::string&, const std::string& why) { put(refusals_, why); }},
        limits);
    REQUIRE(opened.ok());
    acceptor_ = std::move(*opened);
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_->port(); }
  [[nodiscard]] node_address place() const { return {"127.0.0.1", port()}; }

  /// Waits until there is a refusal; false: for too long.
  [[nodiscard]] bool waits_for_rejection() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, test_timeout, [this] { return !refusals_.empty(); });
  }

  /// The next of each; waits for it.
  peer_link accepted() { return take(links_); }
  std::string refusal() { return take(refusals_); }

private:
  template <class Queue, class Value>
  void put(Queue& queue, Value value) {
    const std::lock_guard lock{mutex_};
    queue.push_back(std::move(value));
    changed_.notify_all();
  }

  template <class Queue>
  typename Queue::value_type take(Queue& queue) {
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
  std::unique_ptr<link_acceptor> acceptor_; // Ends before what it tells.
};

inline result<peer_link> dial_as(const link_security& with, const recording_acceptor& to,
                                 const std::string& user = "anna") {
  static const std::atomic<bool> never{false};
  return dial(to.place(), load_credentials(with, user), test_timeout, never);
}

} // namespace belfry::test
