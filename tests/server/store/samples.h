// Small valid rows for tests of the store and of what stands on it.
#ifndef POLDER_TESTS_SERVER_STORE_SAMPLES_H_
#define POLDER_TESTS_SERVER_STORE_SAMPLES_H_

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "crypto/digest/digest.h"
#include "server/store/store.h"
#include "tests/support/problem_code.h"

namespace polder::server::store::testing {

using testing_support::CodeOf;

// A path in a fresh folder of its own.
inline std::string FreshPath(const std::string& name) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "polder-store" /
                                 (std::string(test->test_suite_name()) + "." + test->name());
  std::filesystem::create_directories(folder);
  std::filesystem::path path = folder / name;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix);
  return path.string();
}

inline Hash LeafHashOf(const std::string& canonical) {
  base::Bytes framed{0x00};
  framed.insert(framed.end(), canonical.begin(), canonical.end());
  return crypto::digest::Sha256(framed);
}

inline uint64_t AddLeaf(Transaction& transaction, const std::string& canonical) {
  return transaction.AddLeaf(LeafHashOf(canonical), canonical);
}

inline std::string DigestOf(const std::string& text) {
  return crypto::digest::Sha256Hex(base::AsBytes(text));
}

inline DocumentRecord Document(const std::string& kind, const std::string& id,
                               const std::string& version, uint64_t log_index) {
  DocumentRecord document;
  document.kind = kind;
  document.id = id;
  document.version = version;
  document.canonical = "{\"id\":\"" + id + "\",\"version\":\"" + version + "\"}";
  document.digest = DigestOf(document.canonical);
  document.author = "anna";
  document.at = base::Instant{1'000};
  document.log_index = log_index;
  return document;
}

// Adds the codebook "book" and the policy "rule", which everything else refers to.
inline void AddBasics(Store& store) {
  store.Write([](Transaction& transaction) {
    transaction.AddDocument(Document("codebook", "book", "1", AddLeaf(transaction, "{\"n\":0}")));
    transaction.AddDocument(Document("policy", "rule", "1", AddLeaf(transaction, "{\"n\":1}")));
  });
}

inline std::string BookDigest() { return Document("codebook", "book", "1", 0).digest; }
inline std::string RuleDigest() { return Document("policy", "rule", "1", 0).digest; }

inline DeliveryRecord Delivery(const std::string& municipality, const std::string& id,
                               const std::string& period, const std::string& replaces = "") {
  DeliveryRecord delivery;
  delivery.municipality = municipality;
  delivery.id = id;
  delivery.period = *base::Period::Parse(period);
  delivery.replaces = replaces;
  delivery.envelope_digest = DigestOf(municipality + id);
  delivery.manifest = "{}";
  delivery.codebook_digest = BookDigest();
  delivery.key_id = DeliveryKeyId(municipality, id);
  delivery.received_at = base::Instant{2'000};
  delivery.receipt = "{\"deliveryId\":\"" + id + "\"}";
  delivery.signed_note = "note";
  return delivery;
}

inline int64_t Deliver(Store& store, DeliveryRecord delivery) {
  int64_t sequence = 0;
  store.Write([&](Transaction& transaction) {
    delivery.log_index =
        AddLeaf(transaction, "{\"delivery\":\"" + delivery.municipality + delivery.id + "\"}");
    sequence = transaction.AddDelivery(delivery, base::AsBytes("sealed " + delivery.id));
  });
  return sequence;
}

inline JobRecord Job(const std::string& id, const std::string& subject) {
  JobRecord job;
  job.id = id;
  job.kind = "release";
  job.subject = subject;
  job.parameters = "{}";
  job.officer = "carla";
  job.created_at = base::Instant{3'000};
  return job;
}

}  // namespace polder::server::store::testing

#endif  // POLDER_TESTS_SERVER_STORE_SAMPLES_H_
