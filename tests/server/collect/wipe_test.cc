// Memory that held a pupil's line is wiped before it is given back: every block that anything in
// this process frees while a delivery is received is searched for what identifies a pupil.
#include <atomic>
#include <cstring>

#include <malloc.h>

#include "crypto/token/token.h"
#include "tests/server/collect/desk.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define POLDER_WATCHES_FREE 1
extern "C" void __libc_free(void* block);                   // NOLINT
extern "C" void* __libc_realloc(void* block, size_t size);  // NOLINT
#endif

namespace polder::server::collect::testing {
namespace {

// Set while a delivery is received. Not a container: the watcher must not allocate.
struct Watch {
  std::atomic<bool> armed = false;
  const char* marks[4] = {};
  size_t sizes[4] = {};
  std::atomic<int> found[4] = {};

  void Look(const void* block) {
    if (!armed || block == nullptr) return;
    const size_t size = ::malloc_usable_size(const_cast<void*>(block));
    for (int i = 0; i < 4; ++i) {
      if (marks[i] != nullptr && ::memmem(block, size, marks[i], sizes[i]) != nullptr) ++found[i];
    }
  }
};
Watch watch;

}  // namespace
}  // namespace polder::server::collect::testing

#ifdef POLDER_WATCHES_FREE
extern "C" void free(void* block) {  // NOLINT
  polder::server::collect::testing::watch.Look(block);
  __libc_free(block);
}
extern "C" void* realloc(void* block, size_t size) {  // NOLINT
  // What is moved leaves its old place behind.
  if (block == nullptr || ::malloc_usable_size(block) >= size) return __libc_realloc(block, size);
  void* moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, ::malloc_usable_size(block));
  free(block);
  return moved;
}
#endif

namespace polder::server::collect::testing {
namespace {

TEST(Wiped, NoFreedMemoryHoldsATokenOrACaseKey) {
#ifndef POLDER_WATCHES_FREE
  GTEST_SKIP() << "a sanitizer owns free()";
#endif
  Desk desk;
  const std::string text = DeliveryText("d1", "", 300);
  const auto delivery = stats::cases::ReadDelivery(text, govern::testing::Book());
  const auto& one = delivery.cases.at(150);
  const std::string token = base::ToBase64Url(one.pupil.bytes());
  const std::string key = base::ToBase64Url(one.case_key);
  const base::Bytes envelope = Everyone().Envelope(text, Everyone().dalfsen);
  // As text in the delivery, and as bytes in a case; of the re-keyed token too.
  const crypto::token::ReKeyer rekeyer(desk.rekey_key, {"RMC10", "absence", "2022SJ"});
  const auto rekeyed = rekeyer.ReKey(one.pupil.bytes());
  const std::string rekeyed_text = base::ToBase64Url(rekeyed);
  const auto mark = [](int i, const void* bytes, size_t size) {
    watch.marks[i] = static_cast<const char*>(bytes);
    watch.sizes[i] = size;
    watch.found[i] = 0;
  };
  mark(0, token.data(), token.size());
  mark(1, one.pupil.bytes().data(), one.pupil.bytes().size());
  mark(2, key.data(), key.size());
  mark(3, rekeyed_text.data(), rekeyed_text.size());

  watch.armed = true;
  { std::string left = "a string that is not wiped: " + token; }
  const int seen = watch.found[0];
  watch.found[0] = 0;
  const int status = desk.Post(envelope, Everyone().dalfsen).status;
  watch.armed = false;

  EXPECT_GT(seen, 0) << "the watch sees a string that is left";
  EXPECT_EQ(status, 201);
  EXPECT_EQ(watch.found[0], 0) << "token as it came, as text";
  EXPECT_EQ(watch.found[1], 0) << "token as it came, as bytes";
  EXPECT_EQ(watch.found[2], 0) << "case key, as text";
  EXPECT_EQ(watch.found[3], 0) << "the service's own token, as text";
}

}  // namespace
}  // namespace polder::server::collect::testing
