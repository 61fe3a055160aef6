// What we take for a point is what the library takes for one, written in exactly 33 bytes; and what
// is taken is written back the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "crypto/oprf/group.h"

namespace {

using namespace polder::crypto::oprf;  // NOLINT: one program, one file

bool LibraryTakesIt(const uint8_t* data, size_t size) {
  static const EC_GROUP* const group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  EC_POINT* point = EC_POINT_new(group);
  // The one-byte identity, uncompressed and hybrid forms are points for the library, not for us.
  const bool taken = size == kElementBytes && data[0] < 4 &&
                     EC_POINT_oct2point(group, point, data, size, nullptr) == 1;
  EC_POINT_free(point);
  ERR_clear_error();
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const bool taken = IsElement({data, size});
  if (taken != LibraryTakesIt(data, size)) std::abort();
  if (!taken) return 0;
  Element element;
  std::copy_n(data, kElementBytes, element.begin());
  const std::optional<Affine> point = Decode(element);
  if (!point || Encode(*point) != element || Point(*point).ToElement() != element) std::abort();
  return 0;
}
