// The receipt: what the region acknowledges, signed, so that a municipality can prove that it
// delivered and what.
// Source: docs/formats/receipt.md; c2sp.org/signed-note.
#ifndef POLDER_SERVER_COLLECT_RECEIPT_H_
#define POLDER_SERVER_COLLECT_RECEIPT_H_

#include <string>

#include "crypto/log/note.h"
#include "server/store/records.h"

namespace polder::server::collect {

// Canonical JSON of the delivery's public facts; never how many cases it holds.
std::string ReceiptText(const store::DeliveryRecord& delivery);
// The signed note: the receipt on one line, an empty line, the signature.
std::string SignReceipt(const std::string& receipt, const crypto::log::NoteSigner& signer);

}  // namespace polder::server::collect

#endif  // POLDER_SERVER_COLLECT_RECEIPT_H_
