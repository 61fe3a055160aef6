// A delivery of 250,000 cases through the real receiving path: envelope opened, signer and lines
// checked, tokens re-keyed, sealed, stored and receipted. Beside it, what the stock `openssl cms`
// command takes to decrypt and to verify the same envelope.
//
// Each run is a process of its own, forked from a small one, so that CPU time and peak memory are
// those of receiving and nothing else. Limits: 2 s of CPU, 450 MB.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/cms/cms.h"
#include "crypto/keys/authority.h"
#include "policies/base/json.h"
#include "server/collect/receive.h"
#include "server/config/huge_pages.h"
#include "server/govern/documents.h"
#include "server/govern/leaf.h"
#include "stats/cases/padding.h"

namespace polder {
namespace {

namespace fs = std::filesystem;
using crypto::digest::SecretBytes;
using crypto::keys::Certificate;
using crypto::keys::CertificateAuthority;
using crypto::keys::CertificateUse;
using crypto::keys::KeyType;
using crypto::keys::PrivateKey;

constexpr unsigned kCases = 250'000;
constexpr char kRegionOin[] = "00000001999900000010";
constexpr char kOin[] = "00000001999000000148";

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void WriteFile(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

policies::codebook::Codebook Book() {
  return policies::codebook::Codebook::FromJson(base::ParseJson(
      ReadFile(fs::path(POLDER_SOURCE_DIR) / "policies/data/codebooks/nl-leerplicht-2026.1.json")));
}

policies::disclosure::Policy Policy() {
  return policies::disclosure::Policy::FromJson(
      base::ParseJson(
          ReadFile(fs::path(POLDER_SOURCE_DIR) / "policies/data/policies/default.json")),
      Book());
}

// Put in and approved, as deliveries need.
void InstallPolicy(server::store::Store& store, const base::Clock& clock) {
  const auto policy = Policy();
  server::store::DocumentRecord document;
  document.digest = server::govern::DocumentDigest(policy.canonical());
  document.kind = "policy";
  document.id = policy.id();
  document.version = policy.version();
  document.canonical = policy.canonical();
  document.author = "one";
  document.at = clock.Now();
  store.Write([&](server::store::Transaction& transaction) {
    document.log_index = server::govern::AppendLeaf(transaction, "policy", clock,
                                                    base::Json{{"digest", document.digest}});
    transaction.AddDocument(document);
    for (const char* officer : {"two", "three", "four"}) {
      server::store::ApprovalRecord approval{document.digest, officer, clock.Now(), 0};
      approval.log_index =
          server::govern::AppendLeaf(transaction, "approval", clock,
                                     base::Json{{"digest", document.digest}, {"officer", officer}});
      transaction.AddApproval(approval);
    }
  });
}

std::string Key(unsigned number, size_t size) {
  base::Bytes bytes(size);
  uint64_t state = number + 1;
  for (uint8_t& byte : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<uint8_t>(state >> 56);
  }
  return base::ToBase64Url(bytes);
}

// Padded as polder-member pads.
std::string DeliveryText() {
  std::string text =
      base::Json{{"format", "polder-delivery-1"},
                 {"deliveryId", "large"},
                 {"municipality", "GM0148"},
                 {"period", "2022SJ-Q3"},
                 {"codebookId", "nl-leerplicht"},
                 {"codebookVersion", "2026.1"},
                 {"recipient", kRegionOin},
                 {"codebookDigest", server::govern::DocumentDigest(Book().canonical())},
                 {"policyDigest", server::govern::DocumentDigest(Policy().canonical())},
                 {"tokenDomain", "RMC10/absence/2022SJ"},
                 {"sourceSystem", "bench"},
                 {"mappingId", "bench"},
                 {"replaces", ""},
                 {"conversion", false},
                 {"cases", kCases}}
          .dump() +
      "\n";
  for (unsigned i = 0; i < kCases; ++i) {
    text += R"({"caseKey":")" + Key(i, 16) + R"(","pupil":")" + Key(i / 2 + 7'000'000, 32) +
            R"(","kind":"AV","opened":"2023-W10","closed":"2023-W15","ageBand":"12-15",)"
            R"("level":"none","group":"none","openedBy":"auto4w","outcome":"adminOnly",)"
            R"("duration":"4w-3m","repeat":false})"
            "\n";
  }
  text += stats::cases::PaddingLine(text.size(), 0);
  return text;
}

struct Usage {
  double cpu = 0;
  double peak_mb = 0;
  double minor_faults = 0;
};

// Runs `work` in a child. Its CPU time is all of the child's.
template <typename Work>
Usage InChild(Work work) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) ::_exit(work());
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child || status != 0) {
    throw std::runtime_error("a child of the benchmark failed");
  }
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime),
          static_cast<double>(usage.ru_maxrss) / 1024, static_cast<double>(usage.ru_minflt)};
}

// The envelope and its keys as files, made once by a child so that this process stays small.
const fs::path& Folder() {
  static const fs::path folder = [] {
    fs::path path = fs::temp_directory_path() / ("polder-receive-" + std::to_string(::getpid()));
    fs::create_directories(path);
    InChild([&] {
      const auto at = [](const char* text) { return *base::Instant::Parse(text); };
      const crypto::keys::Validity decade{at("2020-01-01T00:00:00Z"), at("2040-01-01T00:00:00Z")};
      const auto authority = CertificateAuthority::Create("Root", decade);
      const auto region_key = PrivateKey::Generate(KeyType::kP256);
      const auto member_key = PrivateKey::Generate(KeyType::kP256);
      const auto region = authority.Issue(CertificateUse::kRecipient, region_key.public_key(),
                                          {"Regio", kRegionOin}, decade);
      const auto member =
          authority.Issue(CertificateUse::kSigner, member_key.public_key(), {"G", kOin}, decade);
      const std::string text = DeliveryText();
      WriteFile(path / "size", std::to_string(text.size()));
      WriteFile(path / "envelope", base::AsText(crypto::cms::SignAndEncrypt(
                                       base::AsBytes(text), member_key, member, {{region}})));
      WriteFile(path / "root.pem", authority.root().ToPem());
      WriteFile(path / "lists.pem", authority.RevocationList({}, decade));
      WriteFile(path / "region.pem", region.ToPem());
      WriteFile(path / "region.key", region_key.ToPem().text());
      return 0;
    });
    return path;
  }();
  return folder;
}

class StandingClock : public base::Clock {
 public:
  base::Instant Now() const override { return *base::Instant::Parse("2023-05-01T08:00:00Z"); }
  bool simulated() const override { return false; }
};

int Receive(const fs::path& folder) {
  for (const char* name : {"store.db", "keys.db"}) {
    for (const char* suffix : {"", "-wal", "-shm"})
      fs::remove(folder / (name + std::string(suffix)));
  }
  const StandingClock clock;
  const auto codebook = Book();
  const auto store = server::store::Store::Open(folder / "store.db");
  const auto keys = server::store::KeyStore::Open(folder / "keys.db");
  server::govern::InstallCodebook(*store, codebook, "bench", clock);
  InstallPolicy(*store, clock);
  const auto key = PrivateKey::FromPem(ReadFile(folder / "region.key"));
  const auto certificate = Certificate::FromPem(ReadFile(folder / "region.pem"));
  const auto trust =
      std::make_shared<const crypto::keys::TrustStore>(crypto::keys::TrustStore::FromPem(
          ReadFile(folder / "root.pem"), ReadFile(folder / "lists.pem")));
  const server::govern::NoteSigner signer(
      "bench",
      PrivateKey::FromEd25519Seed(SecretBytes::CopyOf(base::ByteView(base::Bytes(32, 7)))));
  const crypto::seal::FileRootKey root(SecretBytes::CopyOf(base::ByteView(base::Bytes(32, 1))));
  const SecretBytes rekey = SecretBytes::CopyOf(base::ByteView(base::Bytes(32, 2)));
  const server::collect::CollectContext context{
      *store, *keys, clock, codebook, key, certificate, [&] { return trust; },
      signer, root,  rekey, {}};
  server::http::Request request;
  request.method = "POST";
  request.path = "/v1/deliveries";
  request.peer.oin = kOin;
  std::ifstream in(folder / "envelope", std::ios::binary);
  request.body.resize(fs::file_size(folder / "envelope"));
  in.read(reinterpret_cast<char*>(request.body.data()),
          static_cast<std::streamsize>(request.body.size()));
  const auto answer = server::collect::ReceiveDelivery(context, request);
  if (answer.status == 201) return 0;
  std::fprintf(stderr, "%d %.300s\n", answer.status, answer.body.data());
  return 1;
}

void Report(benchmark::State& state, const Usage& usage) {
  state.SetIterationTime(usage.cpu);
  state.counters["cpu_s"] = usage.cpu;
  state.counters["peak_MB"] = usage.peak_mb;
  state.counters["faults"] = usage.minor_faults;
  state.counters["text_MB"] = std::stod(ReadFile(Folder() / "size")) / 1e6;
}

// As `polder serve` starts, nothing set; and with small pages, for what that is worth.
void ReceiveQuarterOfAMillionCases(benchmark::State& state, const char* tunables) {
  for ([[maybe_unused]] auto run : state) {
    const fs::path& folder = Folder();
    Report(state, InChild([&] {
             if (tunables != nullptr) ::setenv("GLIBC_TUNABLES", tunables, 1);
             return ::execl("/proc/self/exe", "receive", "--receive", folder.c_str(), nullptr);
           }));
  }
  state.counters["limit_s"] = 2;
  state.counters["limit_MB"] = 450;
}
BENCHMARK_CAPTURE(ReceiveQuarterOfAMillionCases, as_the_service, nullptr)
    ->UseManualTime()
    ->Iterations(3);
BENCHMARK_CAPTURE(ReceiveQuarterOfAMillionCases, small_pages, "")->UseManualTime()->Iterations(3);

void Openssl(benchmark::State& state, const char* arguments) {
  for ([[maybe_unused]] auto run : state) {
    const std::string command =
        "cd '" + Folder().string() + "' && exec openssl cms " + arguments + " 2>/dev/null";
    Report(state,
           InChild([&] { return ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr); }));
  }
}
BENCHMARK_CAPTURE(Openssl, decrypt,
                  "-decrypt -binary -inform DER -in envelope -inkey region.key -recip region.pem "
                  "-out inner")
    ->UseManualTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(Openssl, verify,
                  "-verify -binary -inform DER -in inner -CAfile root.pem -purpose any -out plain")
    ->UseManualTime()
    ->Iterations(1);

}  // namespace
}  // namespace polder

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--receive") {
    polder::server::config::RestartWithHugePages(argv);
    return polder::Receive(argv[2]);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  std::filesystem::remove_all(polder::Folder());
  return 0;
}
