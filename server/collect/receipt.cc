#include "server/collect/receipt.h"

#include <nlohmann/json.hpp>

#include "policies/base/json.h"

namespace polder::server::collect {

std::string ReceiptText(const store::DeliveryRecord& delivery) {
  base::Json receipt{
      {"format", "polder-receipt-1"},          {"deliveryId", delivery.id},
      {"municipality", delivery.municipality}, {"period", delivery.period.Text()},
      {"digest", delivery.envelope_digest},    {"receivedAt", delivery.received_at.Text()},
      {"replaces", delivery.replaces},         {"status", delivery.late ? "late" : "accepted"},
      {"logIndex", delivery.log_index}};
  if (delivery.simulated) receipt["demo"] = true;
  return base::CanonicalJson(receipt);
}

}  // namespace polder::server::collect
