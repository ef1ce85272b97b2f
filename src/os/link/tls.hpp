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
  std::string certificate; ///< ours and those between it and the authority; empty: we have none
  std::string key;         ///< its private key
  std::string authority;   ///< whose certificates we believe
};

/// What all sessions share. May be used by many threads.
using tls_context = std::shared_ptr<ssl_ctx_st>;

struct tls_session_deleter {
  void operator()(ssl_st* session) const;
};
/// One end of one connection; for one thread at a time.
using tls_session = std::unique_ptr<ssl_st, tls_session_deleter>;

/// Sessions of TLS 1.3 in which both sides show certificates of the authority: as a server one that
/// is fit for servers, as a client one for clients. Fails with `errc::invalid_argument`, naming the
/// file that cannot be used.
[[nodiscard]] result<tls_context> make_tls_context(const tls_files& files);

enum class tls_role { server, client };

/// A session over `socket`, which stays the caller's, before its handshake. Nothing if memory is
/// short.
[[nodiscard]] tls_session make_tls_session(const tls_context& context, int socket, tls_role side);

/// How an attempt to go on with a session ended.
enum class tls_outcome { done, wants_read, wants_write, failed };

/// Each does what it can without waiting. Requires: the socket does not block.
[[nodiscard]] tls_outcome tls_handshake(ssl_st& session);
/// `count` is set to the bytes moved, which are some if the outcome is `done`.
[[nodiscard]] tls_outcome tls_read(ssl_st& session, void* to, std::size_t size, std::size_t& count);
[[nodiscard]] tls_outcome tls_write(ssl_st& session, const void* from, std::size_t size,
                                    std::size_t& count);

/// How many bytes the session has read from its socket and not yet handed out.
[[nodiscard]] std::size_t tls_pending(const ssl_st& session);

/// Why the last call failed, for people, as in `it shows no certificate`; it begins with "it" (the
/// peer). To be called right after the failure, on the same thread.
[[nodiscard]] std::string tls_error_text(const ssl_st& session);

/// The DNS names of the peer's certificate; without any its common name. Requires: hands were
/// shaken.
[[nodiscard]] std::vector<std::string> peer_names(const ssl_st& session);

} // namespace belfry
