#pragma once

#include "belfry/result.hpp"

#include <memory>
#include <string>
#include <vector>

// OpenSSL's names of its own types: its headers stay out of ours.
struct ssl_st;
struct ssl_ctx_st;

namespace belfry {

/// PEM files.
struct tls_files {
  std::string certificate; ///< ours, and those between it and the authority; empty: none
  std::string key;         ///< its private key
  std::string authority;   ///< the authority (CA) whose certificates are trusted
};

/// The settings that all sessions share. May be used by many threads.
using tls_context = std::shared_ptr<ssl_ctx_st>;

struct tls_session_deleter {
  void operator()(ssl_st* session) const;
};
/// One end of one connection; for one thread at a time.
using tls_session = std::unique_ptr<ssl_st, tls_session_deleter>;

/// The settings for sessions of TLS 1.3 with mutual authentication: both sides show certificates of
/// the authority, servers one issued for servers, clients one for clients. Fails with
/// `errc::invalid_argument`, naming the file that cannot be used.
[[nodiscard]] result<tls_context> make_tls_context(const tls_files& files);

enum class tls_role { server, client };

/// A session over `socket`, which stays the caller's, before its handshake; null if there is no
/// memory.
[[nodiscard]] tls_session make_tls_session(const tls_context& context, int socket, tls_role role);

/// The result of a step of a session.
enum class tls_outcome { done, wants_read, wants_write, failed };

/// Each does what it can without blocking. Requires: the socket is non-blocking.
[[nodiscard]] tls_outcome tls_handshake(ssl_st& session);
/// Set `count` to the number of bytes moved, which is not 0 if the outcome is `done`.
[[nodiscard]] tls_outcome tls_read(ssl_st& session, void* buffer, std::size_t size,
                                   std::size_t& count);
[[nodiscard]] tls_outcome tls_write(ssl_st& session, const void* data, std::size_t size,
                                    std::size_t& count);

/// How many bytes the session has read from its socket that the caller has not read yet.
[[nodiscard]] std::size_t tls_pending(const ssl_st& session);

/// Why the last call failed, as a text about the peer, which is "it": `it shows no certificate`.
/// Requires: this is the next call after the failure, on the same thread.
[[nodiscard]] std::string tls_error_text(const ssl_st& session);

/// The DNS names of the peer's certificate; if there are none, its common name. Requires: the
/// handshake is done.
[[nodiscard]] std::vector<std::string> peer_names(const ssl_st& session);

} // namespace belfry
