// The root key in a token, by direct calls of the vendor's module.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <dlfcn.h>

#define CRYPTOKI_GNU 1
#include <p11-kit/pkcs11.h>

#include "crypto/random/random.h"
#include "crypto/seal/pkcs11_uri.h"
#include "crypto/seal/root_key.h"
#include "crypto/seal/seal.h"
#include "crypto/seal/wrap.h"
#include "policies/base/problem.h"

namespace polder::crypto::seal {
namespace {

using digest::SecretBytes;

constexpr size_t kNonce = 12;
constexpr size_t kTag = 16;
constexpr size_t kHead = kNonce + kKeyBytes + kTag;
constexpr size_t kMaxLabel = 32;  // of a token, padded with blanks

// Nothing that a module returns says more than its number; that is for the operator.
[[noreturn]] void Fail(const std::string& what, unsigned long result) {
  throw base::ProblemError("pkcs11-failed", "",
                           what + " (PKCS #11 code " + std::to_string(result) + ").");
}

void Check(unsigned long result, const char* what) {
  if (result != CKR_OK) Fail(what, result);
}

// A module is loaded and initialised once per process and never unloaded: some do not survive it.
const ck_function_list& Module(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, ck_function_list*> loaded;
  const std::lock_guard lock(mutex);
  ck_function_list*& functions = loaded[path];
  if (functions != nullptr) return *functions;
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) Fail("The token's library cannot be loaded; check module-path", 0);
  using GetFunctionList = unsigned long (*)(ck_function_list**);
  const auto get = reinterpret_cast<GetFunctionList>(dlsym(library, "C_GetFunctionList"));
  ck_function_list* found = nullptr;
  if (get == nullptr || get(&found) != CKR_OK || found == nullptr) {
    dlclose(library);
    Fail("The library at module-path is no PKCS #11 module", 0);
  }
  ck_c_initialize_args arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const unsigned long result = found->C_Initialize(&arguments);
  if (result != CKR_OK && result != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    Fail("The token's library cannot be started", result);
  }
  functions = found;
  return *functions;
}

unsigned long SlotOf(const ck_function_list& module, const std::string& label) {
  unsigned long count = 0;
  Check(module.C_GetSlotList(1, nullptr, &count), "The tokens cannot be listed");
  std::vector<unsigned long> slots(count);
  Check(module.C_GetSlotList(1, slots.data(), &count), "The tokens cannot be listed");
  std::string padded = label.substr(0, kMaxLabel);
  padded.resize(kMaxLabel, ' ');
  for (unsigned long i = 0; i < count; ++i) {
    ck_token_info info{};
    if (module.C_GetTokenInfo(slots[i], &info) != CKR_OK) continue;
    if (std::equal(padded.begin(), padded.end(), info.label,
                   [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; })) {
      return slots[i];
    }
  }
  Fail("No token has the label that the URI names", 0);
}

SecretBytes PinOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string pin;
  std::getline(file, pin);
  if (!file && pin.empty()) Fail("The file of pin-source cannot be read or is empty", 0);
  if (!pin.empty() && pin.back() == '\r') pin.pop_back();
  SecretBytes secret = SecretBytes::CopyOf(pin);
  digest::SecureWipe(pin);
  return secret;
}

// Logged in for as long as it lives.
class Session {
 public:
  Session(const ck_function_list& module, const Pkcs11Uri& uri)
      : module_(module), slot_(SlotOf(module_, uri.token)) {
    Check(module_.C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &session_),
          "The token cannot be opened");
    try {
      SecretBytes pin = PinOf(uri.pin_path);
      const unsigned long result = module_.C_Login(session_, CKU_USER, pin.writable().data(),
                                                   static_cast<unsigned long>(pin.size()));
      if (result != CKR_OK && result != CKR_USER_ALREADY_LOGGED_IN) {
        Fail("The token refuses the PIN of pin-source", result);
      }
      key_ = FindKey(uri.object);
    } catch (...) {
      module_.C_CloseSession(session_);
      throw;
    }
  }
  ~Session() { module_.C_CloseSession(session_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // `in` under AES-GCM with the root; false when the token refuses. In a session of its own: what
  // is refused leaves some tokens with an operation that never ends.
  bool Gcm(bool encrypting, base::ByteView nonce, base::ByteView context, base::ByteView in,
           std::span<uint8_t> out) const {
    unsigned long session = 0;
    if (module_.C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &session) != CKR_OK) {
      return false;
    }
    ck_gcm_params parameters{};
    parameters.iv_ptr = const_cast<unsigned char*>(nonce.data());
    parameters.iv_len = static_cast<unsigned long>(nonce.size());
    parameters.iv_bits = parameters.iv_len * 8;
    parameters.aad_ptr = const_cast<unsigned char*>(context.data());
    parameters.aad_len = static_cast<unsigned long>(context.size());
    parameters.tag_bits = kTag * 8;
    ck_mechanism mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
    auto* const from = const_cast<unsigned char*>(in.data());
    const auto size = static_cast<unsigned long>(in.size());
    // Some tokens want room for the tag even when they take it away.
    SecretBytes room(out.size() + kTag);
    unsigned long written = static_cast<unsigned long>(room.size());
    unsigned long result = encrypting ? module_.C_EncryptInit(session, &mechanism, key_)
                                      : module_.C_DecryptInit(session, &mechanism, key_);
    if (result == CKR_OK) {
      uint8_t* const to = room.writable().data();
      result = encrypting ? module_.C_Encrypt(session, from, size, to, &written)
                          : module_.C_Decrypt(session, from, size, to, &written);
    }
    module_.C_CloseSession(session);
    if (result != CKR_OK || written != out.size()) return false;
    std::copy_n(room.view().begin(), out.size(), out.begin());
    return true;
  }

 private:
  unsigned long FindKey(const std::string& label) {
    unsigned long kind = CKO_SECRET_KEY;
    unsigned long type = CKK_AES;
    std::vector<ck_attribute> wanted = {
        {CKA_CLASS, &kind, sizeof kind},
        {CKA_KEY_TYPE, &type, sizeof type},
        {CKA_LABEL, const_cast<char*>(label.data()), static_cast<unsigned long>(label.size())}};
    Check(module_.C_FindObjectsInit(session_, wanted.data(),
                                    static_cast<unsigned long>(wanted.size())),
          "The keys of the token cannot be searched");
    unsigned long found[2] = {};
    unsigned long count = 0;
    const unsigned long result = module_.C_FindObjects(session_, found, 2, &count);
    module_.C_FindObjectsFinal(session_);
    Check(result, "The keys of the token cannot be searched");
    if (count != 1) Fail("The token has no AES key of that label, or more than one", 0);
    CheckLength(found[0]);
    return found[0];
  }

  void CheckLength(unsigned long key) {
    unsigned long bytes = 0;
    ck_attribute length{CKA_VALUE_LEN, &bytes, sizeof bytes};
    Check(module_.C_GetAttributeValue(session_, key, &length, 1), "The root cannot be looked at");
    if (bytes != kKeyBytes) Fail("The root in the token is no AES key of 256 bits", 0);
  }

  const ck_function_list& module_;
  const unsigned long slot_;
  unsigned long session_ = 0;
  unsigned long key_ = 0;
};

class Pkcs11RootKey : public RootKey {
 public:
  explicit Pkcs11RootKey(const Pkcs11Uri& uri)
      : session_(std::make_unique<Session>(Module(uri.module_path), uri)) {}

  base::Bytes Wrap(const SecretBytes& key, base::ByteView context) const override {
    base::Bytes wrapped = random::RandomBytes(kNonce);
    wrapped.resize(kHead);
    const SecretBytes inner = random::RandomSecret(kKeyBytes);
    if (!session_->Gcm(true, base::ByteView(wrapped).first(kNonce), context, inner.view(),
                       std::span(wrapped).subspan(kNonce))) {
      Fail("The token did not encrypt; may the key be used for CKM_AES_GCM?", 0);
    }
    const base::Bytes body = WrapKey(key, inner, context);
    wrapped.insert(wrapped.end(), body.begin(), body.end());
    return wrapped;
  }

  SecretBytes Unwrap(base::ByteView wrapped, base::ByteView context) const override {
    SecretBytes inner(kKeyBytes);
    // A refused head is tried as a key of zeros: what follows fails as it does for any wrong key.
    if (wrapped.size() < kHead ||
        !session_->Gcm(false, wrapped.first(kNonce), context,
                       wrapped.subspan(kNonce, kKeyBytes + kTag), inner.writable())) {
      return UnwrapKey({}, inner, context);
    }
    return UnwrapKey(wrapped.subspan(kHead), inner, context);
  }

 private:
  std::unique_ptr<Session> session_;
};

}  // namespace

std::unique_ptr<RootKey> OpenPkcs11RootKey(std::string_view uri) {
  return std::make_unique<Pkcs11RootKey>(ParsePkcs11Uri(uri));
}

}  // namespace polder::crypto::seal
