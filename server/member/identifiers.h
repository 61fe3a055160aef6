// The distinct numbers of the pupils of one export, as inputs of the oblivious function.
//
// An input is the type of the number, a zero byte, the number: "NL-BSN" 0x00 nine digits. So a
// citizen number and an education number of the same digits never meet, and a pupil of one number
// is asked for once, however many cases there are.
#ifndef POLDER_SERVER_MEMBER_IDENTIFIERS_H_
#define POLDER_SERVER_MEMBER_IDENTIFIERS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crypto/digest/digest.h"
#include "policies/base/bytes.h"
#include "server/member/secret_text.h"

namespace polder::server::member {

inline constexpr std::string_view kBsnType = "NL-BSN";
inline constexpr std::string_view kEducationNumberType = "NL-EDUCATION-NUMBER";

// Privacy: move-only by its parts; the numbers stand in wiped memory once, and what finds equal
// ones again is keyed by a secret of this object.
class Identifiers {
 public:
  Identifiers();

  // The place of this number: a new one, or that of the same type and number before. `type` holds
  // no zero byte.
  size_t Add(std::string_view type, base::ByteView number);
  size_t size() const { return ends_.size(); }
  // Valid until the next Add.
  std::vector<base::ByteView> inputs() const;

 private:
  using Mark = std::array<uint8_t, 16>;
  struct MarkHash {  // a mark is a keyed hash already
    size_t operator()(const Mark& mark) const {
      size_t hash = 0;
      std::memcpy(&hash, mark.data(), sizeof(hash));
      return hash;
    }
  };

  crypto::digest::MacKey mac_;
  SecretText inputs_;
  std::vector<size_t> ends_;
  std::unordered_map<Mark, size_t, MarkHash> places_;
};

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_IDENTIFIERS_H_
