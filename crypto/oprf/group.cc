#include "crypto/oprf/group.h"

#include <array>
#include <new>
#include <vector>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "crypto/digest/declassify.h"
#include "crypto/digest/failure.h"
#include "crypto/random/random.h"

namespace polder::crypto::oprf {
namespace {

using digest::Require;

constexpr size_t kSumChunk = 64;

struct FreeContext {
  void operator()(BN_CTX* context) const { BN_CTX_free(context); }
};
struct FreeNumber {
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;

template <typename T>
T* Made(T* object) {
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

// Never freed: a destructor could run after the library's own clean-up.
const EC_GROUP* Group() {
  static EC_GROUP* const group = [] {
    EC_GROUP* const made = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    if (made == nullptr) digest::ThrowCryptoFailure("P-256");
    return made;
  }();
  return group;
}

// What a thread computes with, made once.
struct Workspace {
  std::unique_ptr<BN_CTX, FreeContext> context{Made(BN_CTX_new())};
  Number x{Made(BN_new())};
  Number y{Made(BN_new())};
  Number scalar{Made(BN_secure_new())};
};

Workspace& Mine() {
  thread_local Workspace workspace;
  return workspace;
}

void Load(BIGNUM* number, std::span<const uint8_t> big_endian) {
  if (BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), number) == nullptr) {
    throw std::bad_alloc();
  }
}

void SetAffine(EC_POINT* point, const Affine& affine) {
  Workspace& mine = Mine();
  Load(mine.x.get(), affine.x.ToBytes());
  Load(mine.y.get(), affine.y.ToBytes());
  // Checks that the point is on the curve, whatever happened before.
  Require(EC_POINT_set_affine_coordinates(Group(), point, mine.x.get(), mine.y.get(),
                                          mine.context.get()),
          "P-256 point");
}

// A secret scalar in the library's form, for one multiplication.
//
// The library's numbers drop leading zeros, one byte and one word at a time. So the larger of the
// scalar and its negative is loaded, which is at least n/2 and never begins with a zero byte: the
// library then takes the same steps for every scalar, and the product is turned round afterwards.
class LoadedSecret {
 public:
  explicit LoadedSecret(const SecretScalar& secret) {
    const Scalar& value = secret.value();
    Limbs ignored;
    negated_ = 0 - Subtract(ignored, value.ToLimbs(), (-value).ToLimbs());
    std::array<uint8_t, kScalarBytes> bytes = Select(negated_, -value, value).ToBytes();
    Load(Mine().scalar.get(), bytes);
    digest::SecureWipe(bytes);
    digest::SecureWipe({reinterpret_cast<uint8_t*>(&ignored), sizeof ignored});
    BN_set_flags(Mine().scalar.get(), BN_FLG_CONSTTIME);
  }
  ~LoadedSecret() { BN_clear(Mine().scalar.get()); }
  LoadedSecret(const LoadedSecret&) = delete;
  LoadedSecret& operator=(const LoadedSecret&) = delete;
  const BIGNUM* get() const { return Mine().scalar.get(); }

  // What the scalar itself times the point is, from what the loaded number gave.
  std::optional<Affine> Restored(const Point& product) const {
    std::optional<Affine> affine = product.ToAffine();
    if (affine) affine->y = Select(negated_, -affine->y, affine->y);
    return affine;
  }

 private:
  uint64_t negated_ = 0;
};

}  // namespace

Field PowerOfQuarter(const Field& x) {
  // (p - 3)/4 in binary: 32 ones, 31 zeros, a one, 96 zeros, 94 ones.
  const Field x2 = x.Squared() * x;
  const Field x4 = x2.Squared(2) * x2;
  const Field x8 = x4.Squared(4) * x4;
  const Field x16 = x8.Squared(8) * x8;
  const Field x32 = x16.Squared(16) * x16;
  Field power = x32.Squared(32) * x;
  power = power.Squared(96 + 32) * x32;
  power = power.Squared(32) * x32;
  power = power.Squared(16) * x16;
  power = power.Squared(8) * x8;
  power = power.Squared(4) * x4;
  return power.Squared(2) * x2;
}

SecretScalar::~SecretScalar() {
  digest::SecureWipe({reinterpret_cast<uint8_t*>(&value_), sizeof value_});
}

digest::SecretBytes RandomScalars(size_t count) {
  constexpr size_t kWide = 48;
  digest::SecretBytes wide = random::RandomSecret(kWide * count);
  digest::SecretBytes scalars(kScalarBytes * count);
  for (size_t i = 0; i < count; ++i) {
    const auto target = scalars.writable().subspan(kScalarBytes * i).first<kScalarBytes>();
    for (;;) {
      const SecretScalar scalar(
          Scalar::FromWideBytes(wide.view().subspan(kWide * i).first<kWide>()));
      scalar.value().ToBytes(target);
      if (digest::Declassified(scalar.value().MaskIfZero()) == 0) break;
      wide = random::RandomSecret(kWide * count);  // once in 2^256
    }
  }
  return scalars;
}

std::optional<Affine> Decode(const Element& element) {
  const std::span<const uint8_t, 32> coordinate = std::span(element).last<32>();
  if ((element[0] != 2 && element[0] != 3) || !Field::IsCanonical(coordinate)) return std::nullopt;
  const Field x = Field::FromBytes(coordinate);
  const Field square = x * (x.Squared() - Field::FromSmall(3)) + kCurveB;
  Field y = square * PowerOfQuarter(square);
  if (!MaskIfEqual(y.Squared(), square)) return std::nullopt;
  // y is never zero: a group of odd order has no point of order two.
  if ((y.ToLimbs()[0] & 1) != (element[0] & 1)) y = -y;
  return Affine{x, y};
}

Element Encode(const Affine& point) {
  Element element;
  element[0] = static_cast<uint8_t>(2 + (point.y.ToLimbs()[0] & 1));
  point.x.ToBytes(std::span(element).last<32>());
  return element;
}

bool IsElement(base::ByteView bytes) {
  if (bytes.size() != kElementBytes) return false;
  Element element;
  std::copy(bytes.begin(), bytes.end(), element.begin());
  return Decode(element).has_value();
}

void Point::Free::operator()(ec_point_st* point) const { EC_POINT_clear_free(point); }

Point::Point() : point_(Made(EC_POINT_new(Group()))) {}

Point::Point(const Affine& affine) : Point() { SetAffine(point_.get(), affine); }

std::optional<Affine> Point::ToAffine() const {
  if (digest::Declassified(EC_POINT_is_at_infinity(Group(), point_.get())) == 1) {
    return std::nullopt;
  }
  Workspace& mine = Mine();
  Require(EC_POINT_get_affine_coordinates(Group(), point_.get(), mine.x.get(), mine.y.get(),
                                          mine.context.get()),
          "P-256 point");
  std::array<uint8_t, 32> x, y;
  if (BN_bn2binpad(mine.x.get(), x.data(), 32) != 32 ||
      BN_bn2binpad(mine.y.get(), y.data(), 32) != 32) {
    digest::ThrowCryptoFailure("P-256 point");
  }
  return Affine{Field::FromBytes(x), Field::FromBytes(y)};
}

std::optional<Element> Point::ToElement() const {
  const std::optional<Affine> affine = ToAffine();
  if (!affine) return std::nullopt;
  return Encode(*affine);
}

void Point::Add(const Point& other) {
  Require(
      EC_POINT_add(Group(), point_.get(), point_.get(), other.point_.get(), Mine().context.get()),
      "P-256 addition");
}

std::optional<Affine> MultiplyBase(const SecretScalar& scalar) {
  Point product;
  const LoadedSecret secret(scalar);
  Require(EC_POINT_mul(Group(), product.point_.get(), secret.get(), nullptr, nullptr,
                       Mine().context.get()),
          "P-256 multiplication");
  return secret.Restored(product);
}

std::optional<Affine> Multiply(const Point& point, const SecretScalar& scalar) {
  Point product;
  const LoadedSecret secret(scalar);
  Require(EC_POINT_mul(Group(), product.point_.get(), nullptr, point.point_.get(), secret.get(),
                       Mine().context.get()),
          "P-256 multiplication");
  return secret.Restored(product);
}

Point BaseAndPoint(const Scalar& base_scalar, const Point& point, const Scalar& scalar) {
  Point sum;
  Workspace& mine = Mine();
  Load(mine.x.get(), base_scalar.ToBytes());
  Load(mine.y.get(), scalar.ToBytes());
  Require(EC_POINT_mul(Group(), sum.point_.get(), mine.x.get(), point.point_.get(), mine.y.get(),
                       mine.context.get()),
          "P-256 multiplication");
  return sum;
}

Point SumOfProducts(std::span<const Scalar> scalars, std::span<const Affine> points) {
  const size_t chunk = std::min(kSumChunk, points.size());
  std::vector<Point> held(chunk);
  std::vector<Number> numbers;
  std::vector<const EC_POINT*> point_pointers;
  std::vector<const BIGNUM*> number_pointers;
  for (const Point& point : held) {
    point_pointers.push_back(point.point_.get());
    numbers.emplace_back(Made(BN_new()));
    number_pointers.push_back(numbers.back().get());
  }
  Point total, part;
  for (size_t begin = 0; begin < points.size(); begin += chunk) {
    const size_t count = std::min(chunk, points.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      SetAffine(held[i].point_.get(), points[begin + i]);
      Load(numbers[i].get(), scalars[begin + i].ToBytes());
    }
    // Deprecated in OpenSSL 3.0 and the only call that shares the doublings of several
    // multiplications: a quarter of the time of one EC_POINT_mul for each.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    Require(EC_POINTs_mul(Group(), part.point_.get(), nullptr, count, point_pointers.data(),
                          number_pointers.data(), Mine().context.get()),
            "P-256 multiplication");
#pragma GCC diagnostic pop
    total.Add(part);
  }
  return total;
}

}  // namespace polder::crypto::oprf
