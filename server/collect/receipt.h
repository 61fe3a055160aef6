// The receipt: what the region acknowledges, signed, so that a municipality can prove that it
// delivered and what.
// Source: docs/formats/receipt.md.
#ifndef POLDER_SERVER_COLLECT_RECEIPT_H_
#define POLDER_SERVER_COLLECT_RECEIPT_H_

#include <string>

#include "server/store/records.h"

namespace polder::server::collect {

// Canonical JSON of the delivery's public facts; never how many cases it holds. One line, without
// its newline.
std::string ReceiptText(const store::DeliveryRecord& delivery);

}  // namespace polder::server::collect

#endif  // POLDER_SERVER_COLLECT_RECEIPT_H_
