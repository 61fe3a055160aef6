#include "server/member/bsn.h"

#include <algorithm>
#include <span>

#include "crypto/digest/secret.h"

namespace polder::server::member {
namespace {

// 9a+8b+…+2h-i, not reduced; -1 unless `digits` is nine decimal digits.
int ElevenSum(std::string_view digits) {
  if (digits.size() != 9) return -1;
  int sum = 11;  // keeps the sum positive when only the last digit is not zero
  for (size_t i = 0; i < 9; ++i) {
    if (digits[i] < '0' || digits[i] > '9') return -1;
    const int digit = digits[i] - '0';
    sum += i < 8 ? (9 - static_cast<int>(i)) * digit : -digit;
  }
  return sum;
}

}  // namespace

std::optional<Bsn> Bsn::Parse(std::string_view text) {
  if (text.size() != 8 && text.size() != 9) return std::nullopt;
  std::array<char, 9> padded{};
  padded[0] = '0';
  std::copy(text.begin(), text.end(), padded.end() - static_cast<std::ptrdiff_t>(text.size()));
  const std::string_view digits(padded.data(), padded.size());
  std::optional<Bsn> result;
  if (const int sum = ElevenSum(digits);
      sum >= 0 && sum % 11 == 0 && digits.find_first_not_of('0') != std::string_view::npos) {
    result = Bsn();
    std::copy(digits.begin(), digits.end(), result->digits_.begin());
  }
  crypto::digest::SecureWipe(
      std::span<uint8_t>(reinterpret_cast<uint8_t*>(padded.data()), padded.size()));
  return result;
}

Bsn::~Bsn() { Wipe(); }

Bsn::Bsn(Bsn&& other) noexcept : digits_(other.digits_) { other.Wipe(); }

Bsn& Bsn::operator=(Bsn&& other) noexcept {
  if (this != &other) {
    digits_ = other.digits_;
    other.Wipe();
  }
  return *this;
}

void Bsn::Wipe() { crypto::digest::SecureWipe(digits_); }

bool IsEducationNumber(std::string_view text) {
  const int sum = ElevenSum(text);
  return sum >= 0 && text.front() == '1' && sum % 11 == 5;
}

}  // namespace polder::server::member
