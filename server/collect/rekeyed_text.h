// A delivery's text with the service's own tokens.
#ifndef POLDER_SERVER_COLLECT_REKEYED_TEXT_H_
#define POLDER_SERVER_COLLECT_REKEYED_TEXT_H_

#include <cstddef>

#include "crypto/digest/secret.h"
#include "crypto/token/token.h"
#include "policies/codebook/codebook.h"
#include "stats/cases/delivery.h"

namespace polder::server::collect {

// The delivery as NDJSON, every pupil's token replaced by `rekeyer`'s, filled to a size that does
// not tell how many cases there are (crypto/seal): that of a text of `received` bytes, what the
// sender's own padding made of it, or of its own length when that is more. `ReadDelivery` reads it
// back without that padding. Privacy: all buffers on the way are wiped.
crypto::digest::SecretBytes RekeyedText(const stats::cases::Delivery& delivery,
                                        const policies::codebook::Codebook& codebook,
                                        const crypto::token::ReKeyer& rekeyer, size_t received);

}  // namespace polder::server::collect

#endif  // POLDER_SERVER_COLLECT_REKEYED_TEXT_H_
