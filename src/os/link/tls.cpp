#include "os/link/tls.hpp"

#include "os/link/openssl_error.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace belfry {

namespace {

/// Limits the certificate chain that an unauthenticated peer may send.
constexpr long chain_bytes_max = 32 * 1024;

failure file_failure(const std::string& option, const std::string& file) {
  return {errc::invalid_argument, option + ": " + file + ": " + take_openssl_error()};
}

[[nodiscard]] bool configure(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_max_cert_list(context, chain_bytes_max);
  // No session resumption: every connection authenticates.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // Fast groups only: the peer chooses, and ffdhe8192 would cost a tenth of a second of CPU.
  return SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
         SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1;
}

tls_outcome outcome_of(const ssl_st& session, int returned) {
  switch (SSL_get_error(&session, returned)) {
  case SSL_ERROR_NONE:
    return tls_outcome::done;
  case SSL_ERROR_WANT_READ:
    return tls_outcome::wants_read;
  case SSL_ERROR_WANT_WRITE:
    return tls_outcome::wants_write;
  default:
    return tls_outcome::failed;
  }
}

/// An error left behind by one call must not be reported for the next.
void clear_errors() {
  ERR_clear_error();
  errno = 0;
}

int clamp_to_int(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

/// Skips names with a zero byte, which would look shorter than they are.
void add_name(const ASN1_STRING* encoded, std::vector<std::string>& names) {
  unsigned char* bytes = nullptr;
  const auto size = ASN1_STRING_to_UTF8(&bytes, encoded);
  if (size < 0)
    return;
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned{
      bytes, [](unsigned char* text) { OPENSSL_free(text); }};
  const std::string name{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  const bool is_known = std::find(names.begin(), names.end(), name) != names.end();
  if (!name.empty() && !is_known && name.find('\0') == std::string::npos)
    names.push_back(name);
}

void add_dns_names(const X509* certificate, std::vector<std::string>& names) {
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> all{
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free};
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS)
      add_name(name->d.dNSName, names);
  }
}

void add_common_name(const X509* certificate, std::vector<std::string>& names) {
  const auto* subject = X509_get_subject_name(certificate);
  const auto index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index >= 0)
    add_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)), names);
}

/// As OpenSSL writes to a socket, but without raising SIGPIPE.
int write_quietly(BIO* bio, const char* bytes, int size) {
  errno = 0;
  BIO_clear_retry_flags(bio);
  const auto written = send(static_cast<int>(BIO_get_fd(bio, nullptr)), bytes,
                            static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (written < 0 && BIO_sock_should_retry(-1) != 0)
    BIO_set_retry_write(bio);
  return static_cast<int>(written);
}

/// Null if there is no memory.
const BIO_METHOD* quiet_socket() {
  static const auto* const method = [] {
    auto* made = BIO_meth_new(BIO_TYPE_SOCKET, "quiet socket");
    const auto* plain = BIO_s_socket();
    const bool is_made = made && BIO_meth_set_write(made, write_quietly) == 1 &&
                         BIO_meth_set_read(made, BIO_meth_get_read(plain)) == 1 &&
                         BIO_meth_set_ctrl(made, BIO_meth_get_ctrl(plain)) == 1 &&
                         BIO_meth_set_create(made, BIO_meth_get_create(plain)) == 1 &&
                         BIO_meth_set_destroy(made, BIO_meth_get_destroy(plain)) == 1;
    return is_made ? made : nullptr;
  }();
  return method;
}

/// The reason in the alert that the peer has sent: the end of OpenSSL's text for it.
std::string alert_text(unsigned long code) {
  const std::string text = ERR_reason_error_string(code) ? ERR_reason_error_string(code) : "";
  const std::string mark = "alert ";
  const auto position = text.find(mark);
  return position == std::string::npos ? "" : text.substr(position + mark.size());
}

} // namespace

void tls_session_deleter::operator()(ssl_st* session) const {
  SSL_free(session);
}

result<tls_context> make_tls_context(const tls_files& files) {
  ERR_clear_error();
  const tls_context context{SSL_CTX_new(TLS_method()), SSL_CTX_free};
  if (!context || !configure(context.get()))
    return failure{errc::unavailable, "TLS: " + take_openssl_error()};
  if (SSL_CTX_load_verify_file(context.get(), files.authority.c_str()) != 1)
    return file_failure("tls_authority", files.authority);
  if (files.certificate.empty())
    return context;
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
    return file_failure("tls_certificate", files.certificate);
  // Also checks that the key belongs to the certificate.
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return file_failure("tls_key", files.key);
  return context;
}

tls_session make_tls_session(const tls_context& context, int socket, tls_role role) {
  tls_session session{SSL_new(context.get())};
  auto* bio = quiet_socket() ? BIO_new(quiet_socket()) : nullptr;
  if (!session || !bio) {
    BIO_free(bio);
    return nullptr;
  }
  BIO_set_fd(bio, socket, BIO_NOCLOSE);
  SSL_set_bio(session.get(), bio, bio);
  if (role == tls_role::server)
    SSL_set_accept_state(session.get());
  else
    SSL_set_connect_state(session.get());
  return session;
}

tls_outcome tls_handshake(ssl_st& session) {
  clear_errors();
  return outcome_of(session, SSL_do_handshake(&session));
}

tls_outcome tls_read(ssl_st& session, void* buffer, std::size_t size, std::size_t& count) {
  clear_errors();
  const auto received = SSL_read(&session, buffer, clamp_to_int(size));
  count = received > 0 ? static_cast<std::size_t>(received) : 0;
  return outcome_of(session, received);
}

tls_outcome tls_write(ssl_st& session, const void* data, std::size_t size, std::size_t& count) {
  clear_errors();
  const auto written = SSL_write(&session, data, clamp_to_int(size));
  count = written > 0 ? static_cast<std::size_t>(written) : 0;
  return outcome_of(session, written);
}

std::size_t tls_pending(const ssl_st& session) {
  return static_cast<std::size_t>(SSL_pending(&session));
}

std::string tls_error_text(const ssl_st& session) {
  const auto system_error = errno;
  const auto code = ERR_peek_error();
  if (code == 0)
    return system_error == 0
               ? "it closed the connection"
               : std::string{"it closed the connection: "} + std::strerror(system_error);
  const auto alert = alert_text(code);
  const auto error = take_openssl_error();
  if (!alert.empty())
    return "it refuses our certificate: " + alert;
  if (ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    return "it shows no certificate";
  if (const auto verdict = SSL_get_verify_result(&session); verdict != X509_V_OK)
    return std::string{"its certificate is not trusted: "} + X509_verify_cert_error_string(verdict);
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return "it closed the connection";
  return "it does not speak TLS 1.3 as this program does: " + error;
}

std::vector<std::string> peer_names(const ssl_st& session) {
  std::vector<std::string> names;
  const auto* certificate = SSL_get0_peer_certificate(&session);
  if (!certificate)
    return names;
  add_dns_names(certificate, names);
  // The authority's name constraints do not cover a common name beside DNS names.
  if (names.empty())
    add_common_name(certificate, names);
  return names;
}

} // namespace belfry
