// Padding: from outside, a delivery has one of few sizes.
//
// A delivery is encrypted, but whoever sees it pass can count its bytes, and 300 of them are one
// case. So the sender ends it with one line that means nothing, `{"padding":"....…"}`, inside the
// signature. The size that it is filled to follows from the municipality's public number of pupils:
// another case, or none at all, changes no byte count. Only a delivery with far more cases than a
// municipality of that size has goes to the next class.
// Source: docs/formats/delivery.md.
#ifndef POLDER_STATS_CASES_PADDING_H_
#define POLDER_STATS_CASES_PADDING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace polder::stats::cases {

// The size that a delivery of `bytes` is filled to. The least class of a municipality holds
// `public_pupils` times 32 bytes (a case for one pupil in ten), at least 64 KiB, as a power of two;
// what is larger goes to the next power of two up to 1 MiB, and to the next eighth of one above.
// A number of pupils of 0 means that it is not known.
size_t DeliveryClass(size_t bytes, int64_t public_pupils);

// The line, newline included, that fills a delivery of `bytes`, which ends in a newline, to its
// class.
std::string PaddingLine(size_t bytes, int64_t public_pupils);

// Whether a line, without its newline, is padding and nothing else: no message hides in it.
bool IsPadding(std::string_view line);

}  // namespace polder::stats::cases

#endif  // POLDER_STATS_CASES_PADDING_H_
