#include "os/link/certificate_issuer.hpp"

#include "os/descriptor.hpp"
#include "os/entropy.hpp"
#include "os/link/openssl_error.hpp"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace belfry {

namespace {

using owned_certificate = std::unique_ptr<X509, void (*)(X509*)>;
using owned_key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using owned_text = std::unique_ptr<BIO, void (*)(BIO*)>;

constexpr long day_seconds = 24 * 60 * 60;
constexpr long early_seconds = 60 * 60; // Tolerates clocks that differ.
constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t serial_bytes = 16;
constexpr long version_three = 2;
constexpr auto authority_name = "ca";

/// A certificate with the key that goes with it.
struct identity {
  owned_certificate certificate{nullptr, X509_free};
  owned_key key{nullptr, EVP_PKEY_free};
};

owned_text make_text() {
  return {BIO_new(BIO_s_mem()), [](BIO* bio) { BIO_free(bio); }};
}

failure storage_failure(const std::string& path) {
  return {errc::storage, path + ": " + std::strerror(errno)};
}

failure crypto_failure(const std::string& path) {
  return {errc::storage, path + ": " + take_openssl_error()};
}

bool is_file_name(const std::string& name) {
  const std::string others = "-._";
  return !name.empty() && name.size() <= name_bytes_max && name.front() != '.' &&
         name != authority_name && std::all_of(name.begin(), name.end(), [&](unsigned char letter) {
           return std::isalnum(letter) != 0 ||
                  others.find(static_cast<char>(letter)) != std::string::npos;
         });
}

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

/// Fails if the file exists; never overwrites.
result<done> write_new_file(const std::string& path, BIO* text, mode_t mode) {
  const char* bytes = nullptr;
  const auto size = BIO_get_mem_data(text, &bytes);
  const descriptor file{open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (!file.is_open())
    return storage_failure(path);
  if (write(file.number(), bytes, static_cast<std::size_t>(size)) == size &&
      fsync(file.number()) == 0)
    return done{};
  const auto error = storage_failure(path);
  unlink(path.c_str()); // Half a file would be taken for a whole one.
  return error;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (!extension)
    return false;
  const bool is_added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return is_added;
}

bool set_serial(X509* certificate) {
  auto bytes = entropy_bytes(serial_bytes);
  bytes[0] = static_cast<char>(bytes[0] & 0x7f); // Not negative.
  const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number{
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), serial_bytes, nullptr),
      BN_free};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

/// A certificate without extensions or signature.
identity make_unsigned(const std::string& name, int days) {
  identity created;
  created.key.reset(EVP_EC_gen("P-256"));
  created.certificate.reset(X509_new());
  auto* certificate = created.certificate.get();
  const long end = days * day_seconds;
  if (!created.key || !certificate || X509_set_version(certificate, version_three) != 1 ||
      !set_serial(certificate) ||
      !X509_gmtime_adj(X509_getm_notBefore(certificate), std::min(0L, end) - early_seconds) ||
      !X509_gmtime_adj(X509_getm_notAfter(certificate), end) ||
      X509_set_pubkey(certificate, created.key.get()) != 1 ||
      X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                 0) != 1)
    created.certificate.reset();
  return created;
}

bool sign(X509* certificate, const X509* issuer, EVP_PKEY* key) {
  return X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
         X509_sign(certificate, key, EVP_sha256()) != 0;
}

/// Without a certificate if OpenSSL fails.
identity make_authority(int days) {
  auto created = make_unsigned("belfry authority", days);
  auto* certificate = created.certificate.get();
  if (!certificate ||
      !add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE") ||
      !add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(certificate, certificate, NID_subject_key_identifier, "hash") ||
      !sign(certificate, certificate, created.key.get()))
    created.certificate.reset();
  return created;
}

identity make_leaf(const std::string& name, bool is_node, int days, const identity& authority) {
  auto created = make_unsigned(name, days);
  auto* certificate = created.certificate.get();
  auto* issuer = authority.certificate.get();
  if (!certificate ||
      !add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(certificate, issuer, NID_ext_key_usage,
                     is_node ? "serverAuth,clientAuth" : "clientAuth") ||
      !add_extension(certificate, issuer, NID_subject_alt_name, "DNS:" + name) ||
      !add_extension(certificate, issuer, NID_authority_key_identifier, "keyid") ||
      !sign(certificate, issuer, authority.key.get()))
    created.certificate.reset();
  return created;
}

/// Writes the key first: a certificate whose key is missing could not be recreated.
result<done> write_identity(const identity& created, const std::string& stem) {
  const auto key = make_text();
  const auto certificate = make_text();
  if (!created.certificate || !key || !certificate ||
      PEM_write_bio_PrivateKey(key.get(), created.key.get(), nullptr, nullptr, 0, nullptr,
                               nullptr) != 1 ||
      PEM_write_bio_X509(certificate.get(), created.certificate.get()) != 1)
    return crypto_failure(stem);
  if (const auto written = write_new_file(stem + ".key", key.get(), 0600); !written)
    return written.error();
  return write_new_file(stem + ".pem", certificate.get(), 0644);
}

result<identity> read_identity(const std::string& stem) {
  const auto open_text = [](const std::string& path) {
    return owned_text{BIO_new_file(path.c_str(), "r"), [](BIO* bio) { BIO_free(bio); }};
  };
  identity read;
  const auto certificate = open_text(stem + ".pem");
  const auto key = open_text(stem + ".key");
  if (certificate)
    read.certificate.reset(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
  if (key)
    read.key.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
  if (!read.certificate || !read.key)
    return crypto_failure(stem + ".pem and " + stem + ".key");
  return read;
}

/// Creates the missing files of one directory and lists all.
class certificate_issuer {
public:
  explicit certificate_issuer(const certificate_options& options) : options_(options) {}

  result<std::vector<certificate_file>> run() {
    if (mkdir(options_.directory.c_str(), 0755) != 0 && errno != EEXIST)
      return storage_failure(options_.directory);
    if (const auto step = provide(authority_name, [this] { return make_authority(options_.days); });
        !step)
      return step.error();
    auto authority = read_identity(stem_of(authority_name));
    if (!authority)
      return authority.error();
    for (const bool is_node : {true, false})
      for (const auto& name : is_node ? options_.nodes : options_.clients)
        if (const auto step =
                provide(name, [&] { return make_leaf(name, is_node, options_.days, *authority); });
            !step)
          return step.error();
    return std::move(files_);
  }

private:
  [[nodiscard]] std::string stem_of(const std::string& name) const {
    return options_.directory + "/" + name;
  }

  template <class Make>
  result<done> provide(const std::string& name, Make make) {
    const auto stem = stem_of(name);
    const bool is_old = exists(stem + ".pem"); // Its key may have been moved to where it is used.
    if (!is_old && exists(stem + ".key"))
      return failure{errc::storage, stem + ".pem is missing beside " + stem +
                                        ".key; remove that, and both are created again"};
    if (!is_old)
      if (const auto written = write_identity(make(), stem); !written)
        return written.error();
    files_.push_back({stem + ".pem", !is_old});
    files_.push_back({stem + ".key", !is_old});
    return done{};
  }

  const certificate_options& options_;
  std::vector<certificate_file> files_;
};

} // namespace

result<std::vector<certificate_file>> make_certificates(const certificate_options& options) {
  for (const auto* names : {&options.nodes, &options.clients})
    for (const auto& name : *names)
      if (!is_file_name(name))
        return failure{errc::invalid_argument,
                       "name: '" + name +
                           "' cannot name a certificate; expected up to 64 letters, digits, "
                           "'-', '_' and '.', and not 'ca'"};
  for (const auto& name : options.clients)
    if (std::find(options.nodes.begin(), options.nodes.end(), name) != options.nodes.end())
      return failure{errc::invalid_argument,
                     "name: '" + name +
                         "' is given for a node and for a client; expected one of them"};
  return certificate_issuer{options}.run();
}

} // namespace belfry
