#include "crypto/keys/key.h"

#include <memory>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/digest/failure.h"
#include "crypto/keys/memory_bio.h"
#include "policies/base/problem.h"

namespace polder::crypto::keys {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr unsigned kNewRsaBits = 3072;

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigestContext>;

// A curve written out as numbers can be almost P-256; only its name counts (RFC 5480 §2.1.1).
bool NamesItsCurve(const EVP_PKEY* key) {
  int spelled_out = 1;
  return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                &spelled_out) == 1 &&
         spelled_out == 0;
}

KeyType TypeOf(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519")) return KeyType::kEd25519;
  if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= kMinRsaBits) return KeyType::kRsa;
  char group[32] = {};
  size_t length = 0;
  if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1 &&
      std::string_view(group, length) == "prime256v1" && NamesItsCurve(key)) {
    return KeyType::kP256;
  }
  ERR_clear_error();
  throw base::ProblemError("key-type", "",
                           "This kind of key is not used here: P-256, Ed25519, or RSA of at least "
                           "2048 bits is needed.");
}

// PSS with the digest's own length of salt for RSA; the others have one form only.
bool SetPadding(EVP_PKEY_CTX* context, KeyType type) {
  return type != KeyType::kRsa ||
         (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

const char* DigestFor(KeyType type) { return type == KeyType::kEd25519 ? nullptr : "SHA256"; }

// An encrypted key would make the library ask for a password on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

PublicKey PublicKey::Adopt(PkeyHandle handle) {
  const KeyType type = TypeOf(handle.get());
  return PublicKey(std::move(handle), type);
}

PublicKey PublicKey::FromPem(std::string_view pem) {
  const BioHandle bio = ReadingBio(pem);
  PkeyHandle handle(PEM_read_bio_PUBKEY(bio.get(), nullptr, NoPassword, nullptr));
  if (!handle) {
    ERR_clear_error();
    throw base::ProblemError("public-key-unreadable", "",
                             "This is not a public key in PEM form (BEGIN PUBLIC KEY).");
  }
  return Adopt(std::move(handle));
}

PublicKey PublicKey::FromEd25519(base::ByteView raw) {
  PkeyHandle handle(raw.size() != 32 ? nullptr
                                     : EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr,
                                                                      raw.data(), raw.size()));
  if (!handle) {
    ERR_clear_error();
    throw base::ProblemError("public-key-unreadable", "", "An Ed25519 public key has 32 bytes.");
  }
  return PublicKey(std::move(handle), KeyType::kEd25519);
}

PublicKey::PublicKey(const PublicKey& other) : handle_(other.handle_.get()), type_(other.type_) {
  EVP_PKEY_up_ref(handle_.get());
}

PublicKey& PublicKey::operator=(const PublicKey& other) {
  if (this != &other) *this = PublicKey(other);
  return *this;
}

std::string PublicKey::ToPem() const {
  const BioHandle bio = WritingBio();
  digest::Require(PEM_write_bio_PUBKEY(bio.get(), handle_.get()), "write a public key");
  return std::string(Written(bio.get()));
}

std::array<uint8_t, 32> PublicKey::Ed25519() const {
  std::array<uint8_t, 32> raw{};
  size_t length = raw.size();
  if (type_ != KeyType::kEd25519) {
    throw base::ProblemError("key-type", "", "An Ed25519 key is needed here.");
  }
  digest::Require(EVP_PKEY_get_raw_public_key(handle_.get(), raw.data(), &length), "Ed25519");
  return raw;
}

bool PublicKey::Verify(base::ByteView message, base::ByteView signature) const {
  const DigestContext context(EVP_MD_CTX_new());
  if (!context) digest::ThrowCryptoFailure("verify");
  EVP_PKEY_CTX* parameters = nullptr;  // the context's own
  const bool good = EVP_DigestVerifyInit_ex(context.get(), &parameters, DigestFor(type_), nullptr,
                                            nullptr, handle_.get(), nullptr) == 1 &&
                    SetPadding(parameters, type_) &&
                    EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                     message.data(), message.size()) == 1;
  ERR_clear_error();
  return good;
}

bool PublicKey::Equals(const PublicKey& other) const {
  return EVP_PKEY_eq(handle_.get(), other.handle_.get()) == 1;
}

PrivateKey PrivateKey::Generate(KeyType type) {
  EVP_PKEY* made = nullptr;
  switch (type) {
    case KeyType::kP256:
      made = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
      break;
    case KeyType::kEd25519:
      made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
    case KeyType::kRsa:
      made = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{kNewRsaBits});
      break;
  }
  if (made == nullptr) digest::ThrowCryptoFailure("generate a key");
  return PrivateKey(PkeyHandle(made), type);
}

PrivateKey PrivateKey::FromPem(std::string_view pem) {
  const BioHandle bio = ReadingBio(pem);
  PkeyHandle handle(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (!handle) {
    ERR_clear_error();
    throw base::ProblemError("private-key-unreadable", "",
                             "This is not an unencrypted private key in PEM form (BEGIN PRIVATE "
                             "KEY).");
  }
  const KeyType type = TypeOf(handle.get());
  return PrivateKey(std::move(handle), type);
}

PrivateKey PrivateKey::FromEd25519Seed(const digest::SecretBytes& seed) {
  PkeyHandle handle(seed.size() != 32
                        ? nullptr
                        : EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr,
                                                          seed.view().data(), seed.size()));
  if (!handle) {
    ERR_clear_error();
    throw base::ProblemError("private-key-unreadable", "", "An Ed25519 seed has 32 bytes.");
  }
  return PrivateKey(std::move(handle), KeyType::kEd25519);
}

digest::SecretBytes PrivateKey::ToPem() const {
  const BioHandle bio = SecretWritingBio();
  digest::Require(PEM_write_bio_PKCS8PrivateKey(bio.get(), handle_.get(), nullptr, nullptr, 0,
                                                NoPassword, nullptr),
                  "write a private key");
  return digest::SecretBytes::CopyOf(Written(bio.get()));
}

PublicKey PrivateKey::public_key() const {
  // Through its public form, so that no copy of the handle can sign.
  return PublicKey::FromPem([this] {
    const BioHandle bio = WritingBio();
    digest::Require(PEM_write_bio_PUBKEY(bio.get(), handle_.get()), "write a public key");
    return std::string(Written(bio.get()));
  }());
}

base::Bytes PrivateKey::Sign(base::ByteView message) const {
  const DigestContext context(EVP_MD_CTX_new());
  if (!context) digest::ThrowCryptoFailure("sign");
  EVP_PKEY_CTX* parameters = nullptr;  // the context's own
  digest::Require(EVP_DigestSignInit_ex(context.get(), &parameters, DigestFor(type_), nullptr,
                                        nullptr, handle_.get(), nullptr),
                  "sign");
  digest::Require(SetPadding(parameters, type_) ? 1 : 0, "sign");
  size_t length = static_cast<size_t>(EVP_PKEY_get_size(handle_.get()));
  base::Bytes signature(length);
  digest::Require(
      EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()),
      "sign");
  signature.resize(length);
  return signature;
}

}  // namespace polder::crypto::keys
