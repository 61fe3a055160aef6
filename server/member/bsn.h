// The citizen service number (burgerservicenummer). The type exists in this room only: no program
// of the region knows it.
#ifndef POLDER_SERVER_MEMBER_BSN_H_
#define POLDER_SERVER_MEMBER_BSN_H_

#include <array>
#include <optional>
#include <string_view>

#include "policies/base/bytes.h"

namespace polder::server::member {

// Nine digits that pass the 11-test. Exists only when valid.
// Privacy: move-only, wiped, no text form; `digits()` is for deriving the token and nothing else.
class Bsn {
 public:
  // Takes nine digits, or eight (case systems that store a number drop the leading zero). nullopt
  // when a character is no digit, the 11-test fails, or all digits are zero. Source: Logisch
  // Ontwerp BSN, 11-test: 9a+8b+7c+6d+5e+4f+3g+2h-i is a multiple of 11.
  static std::optional<Bsn> Parse(std::string_view text);

  ~Bsn();
  Bsn(Bsn&& other) noexcept;
  Bsn& operator=(Bsn&& other) noexcept;
  Bsn(const Bsn&) = delete;
  Bsn& operator=(const Bsn&) = delete;

  base::ByteView digits() const { return digits_; }  // nine ASCII digits

 private:
  Bsn() = default;
  void Wipe();

  std::array<uint8_t, 9> digits_{};
};

// True for an education number (onderwijsnummer, given to pupils without a BSN): nine digits, the
// first a 1, whose 11-test leaves 5.
bool IsEducationNumber(std::string_view text);

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_BSN_H_
