#include "server/member/member_command.h"

#include <chrono>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "crypto/cms/cms.h"
#include "crypto/digest/digest.h"
#include "crypto/keys/certificate.h"
#include "crypto/keys/key.h"
#include "crypto/log/log_policy.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "policies/codebook/public_pupils.h"
#include "policies/disclosure/policy.h"
#include "server/member/files.h"
#include "server/member/holder_tokens.h"
#include "server/member/mapping.h"
#include "server/member/messages.h"
#include "server/member/prepare.h"
#include "server/member/progress.h"
#include "server/member/report.h"
#include "server/member/send.h"
#include "server/member/token_sheet.h"
#include "server/member/witness_command.h"
#include "stats/cases/delivery.h"

namespace polder::server::member {
namespace {

using crypto::keys::Certificate;
using policies::codebook::Codebook;

struct PrepareOptions {
  std::string mapping, codebook, csv, municipality, period, tokens, case_key, out, replaces;
  std::string certificate, private_key, signer, signer_key, policy, log_policy;
  std::vector<std::string> recipients;
  bool conversion = false;
  bool knows = false;  // --i-know-this-is-case-data
  bool quiet = false;
  int patience = 30;
};

struct Common {
  std::string language = "nl";
  std::string format = "text";
  bool json() const { return format == "json"; }
  Language Speaks() const { return language == "en" ? Language::kEnglish : Language::kDutch; }
};

void AddCommon(CLI::App& app, Common& common) {
  app.add_option("--lang", common.language, "language of the messages: nl, en")
      ->check(CLI::IsMember({"nl", "en"}))
      ->capture_default_str();
  app.add_option("--format", common.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

void AddPrepare(CLI::App& app, PrepareOptions& options) {
  app.add_option("--mapping", options.mapping, "how the export is read (JSON)")->required();
  app.add_option("--codebook", options.codebook, "the region's codebook (JSON)")->required();
  app.add_option("--policy", options.policy, "the policy that the region has in force (JSON)")
      ->required();
  app.add_option("--recipient", options.recipients, "the region's certificate (PEM)")->required();
  app.add_option("--export", options.csv, "the case system's export (CSV)")->required();
  app.add_option("--municipality", options.municipality, "GM code, such as GM0148")->required();
  app.add_option("--period", options.period, "quarter, such as 2022SJ-Q3 or 2022VSV-Q1")
      ->required();
  app.add_option("--tokens", options.tokens,
                 "the region's key holders and their public keys (tokens.json)")
      ->required();
  app.add_option("--log-policy", options.log_policy,
                 "which log and witnesses are believed: the keys must stand in it (tlog-policy)")
      ->required();
  app.add_option("--case-key", options.case_key,
                 "the municipality's own secret for case numbers (hexadecimal)")
      ->required();
  app.add_option("--out", options.out, "file to write")->required();
  app.add_option("--replaces", options.replaces, "number of the delivery that this one corrects");
  app.add_flag("--conversion", options.conversion,
               "the case system was converted in this quarter: the series breaks here");
  app.add_option("--certificate", options.certificate,
                 "the municipality's certificate for connecting to the key holders (PEM)")
      ->required();
  app.add_option("--private-key", options.private_key, "its private key (PEM)")->required();
  app.add_option("--patience", options.patience,
                 "seconds to keep asking a key holder that does not answer")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  app.add_flag("--quiet", options.quiet, "shows no progress");
}

// The organisation that every one of these certificates is of.
std::string RecipientOf(const std::vector<Certificate>& recipients, Language language) {
  const auto fault = [&](std::string_view code) {
    throw base::ProblemError(std::string(code), "recipient", Say(language, code, {}));
  };
  for (const Certificate& recipient : recipients) {
    if (recipient.oin().empty()) fault("recipient-without-oin");
    if (recipient.oin() != recipients.front().oin()) fault("other-recipients");
  }
  return recipients.front().oin();
}

std::vector<Certificate> RecipientsOf(const PrepareOptions& options) {
  std::vector<Certificate> recipients;
  for (const std::string& path : options.recipients) {
    recipients.push_back(Certificate::FromPem(ReadFile(path)));
  }
  return recipients;
}

PreparedDelivery PrepareFiles(const PrepareOptions& options, const Common& common,
                              const std::vector<Certificate>& recipients) {
  const Language language = common.Speaks();
  const bool json = common.json();
  const auto codebook = Codebook::FromJson(base::ParseJson(ReadFile(options.codebook)));
  const auto policy =
      policies::disclosure::Policy::FromJson(base::ParseJson(ReadFile(options.policy)), codebook);
  const auto mapping = Mapping::FromJson(base::ParseJson(ReadFile(options.mapping)), codebook);
  const auto period = base::Period::Parse(options.period);
  if (!period) {
    throw base::ProblemError("not-a-quarter", "period",
                             Say(language, "not-a-quarter", {options.period}));
  }
  const auto sheet = TokenSheet::FromJson(base::ParseJson(ReadFile(options.tokens)));
  if (sheet.region() != codebook.region()) {
    throw base::ProblemError("other-region", "/region",
                             Say(language, "other-region", {sheet.region(), codebook.region()}));
  }
  sheet.CheckProofs(crypto::log::LogPolicy::Parse(ReadFile(options.log_policy)));
  AskOptions ask;
  ask.certificate = options.certificate;
  ask.private_key = options.private_key;
  ask.public_pupils = policies::codebook::PublicPupils(codebook, options.municipality);
  ask.patience = std::chrono::seconds(options.patience);
  ask.language = language;
  if (!options.quiet && !json) {
    ask.progress = DrawProgress(std::cerr, language == Language::kDutch ? "pseudoniemen" : "tokens",
                                ErrorsAreOnTerminal());
  }
  HolderTokens tokens(sheet, std::move(ask));
  const auto case_key = ReadKeyFile(options.case_key);
  std::ifstream csv(options.csv, std::ios::binary);
  if (!csv) {
    throw base::ProblemError("cannot-read", "", "Cannot read " + options.csv + ".");
  }
  PreparedDelivery prepared =
      Prepare({.mapping = mapping,
               .codebook = codebook,
               .csv = csv,
               .municipality = options.municipality,
               .period = *period,
               .tokens = tokens,
               .case_key = case_key.view(),
               .recipient = RecipientOf(recipients, language),
               .policy_digest = crypto::digest::Sha256Hex(base::AsBytes(policy.canonical())),
               .replaces = options.replaces,
               .conversion = options.conversion,
               .language = language});
  // What leaves is read here as the region will read it: a fault in it is better found now.
  static_cast<void>(stats::cases::ReadDelivery(prepared.ndjson.view(), codebook));
  return prepared;
}

void TellPrepared(const PreparedDelivery& prepared, const PrepareOptions& options,
                  const Common& common) {
  if (common.json()) {
    std::cout << R"({"deliveryId":")" << prepared.manifest.delivery_id << R"(","rows":)"
              << prepared.rows << "}\n";
    return;
  }
  const bool dutch = common.Speaks() == Language::kDutch;
  std::cout << options.out << ": " << prepared.manifest.delivery_id << ", " << prepared.rows
            << (dutch ? " zaken" : " cases") << "\n";
}

int RunPrepare(const PrepareOptions& options, const Common& common) {
  std::string pem = ReadFile(options.signer_key);
  const auto key = crypto::keys::PrivateKey::FromPem(pem);
  crypto::digest::SecureWipe(pem);
  const auto signer = Certificate::FromPem(ReadFile(options.signer));
  if (signer.key_fingerprint() ==
      Certificate::FromPem(ReadFile(options.certificate)).key_fingerprint()) {
    throw base::ProblemError("shared-certificate", "signer",
                             Say(common.Speaks(), "shared-certificate", {}));
  }
  const auto recipients = RecipientsOf(options);
  const auto prepared = PrepareFiles(options, common, recipients);
  const auto envelope =
      crypto::cms::SignAndEncrypt(base::AsBytes(prepared.ndjson.view()), key, signer, recipients);
  WriteFile(options.out, base::AsText(envelope));
  TellPrepared(prepared, options, common);
  return 0;
}

int RunTokenise(const PrepareOptions& options, const Common& common) {
  if (!options.knows) {
    throw base::ProblemError("plaintext-not-confirmed", "",
                             "tokenise writes case data unencrypted, for tests and offline use. "
                             "Say so with --i-know-this-is-case-data, or use prepare.");
  }
  const auto prepared = PrepareFiles(options, common, RecipientsOf(options));
  WriteFile(options.out, prepared.ndjson.view(), true);
  TellPrepared(prepared, options, common);
  return 0;
}

}  // namespace

int RunMember(int argc, const char* const* argv) {
  CLI::App app{"Polder at the municipality: prepares and sends deliveries.", "polder-member"};
  app.require_subcommand(1);
  Common common;
  PrepareOptions prepared, tokenised;
  SendOptions sent;

  CLI::App* prepare = app.add_subcommand("prepare", "Check an export and put it in an envelope");
  AddPrepare(*prepare, prepared);
  AddCommon(*prepare, common);
  prepare
      ->add_option("--signer", prepared.signer,
                   "the municipality's certificate for signing, another than that for connecting "
                   "(PEM)")
      ->required();
  prepare->add_option("--signer-key", prepared.signer_key, "its private key (PEM)")->required();

  CLI::App* tokenise =
      app.add_subcommand("tokenise", "Check an export and write the delivery unencrypted");
  AddPrepare(*tokenise, tokenised);
  AddCommon(*tokenise, common);
  tokenise->add_flag("--i-know-this-is-case-data", tokenised.knows,
                     "the file that is written holds pupils' data");

  CLI::App* send = app.add_subcommand("send", "Send envelopes to the region");
  send->add_option("files", sent.files, "envelopes made by prepare")->required();
  send->add_option("--url", sent.url, "https://host:port of the region")->required();
  send->add_option("--ca", sent.ca, "who signs the region's certificate (PEM)")->required();
  send->add_option("--certificate", sent.certificate, "the municipality's certificate (PEM)")
      ->required();
  send->add_option("--private-key", sent.private_key, "its private key (PEM)")->required();
  AddCommon(*send, common);

  WitnessOptions witness;
  AddWitness(app, witness);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (prepare->parsed()) return RunPrepare(prepared, common);
    if (tokenise->parsed()) return RunTokenise(tokenised, common);
    if (witness.command->parsed()) return RunWitness(witness);
    sent.language = common.Speaks();
    sent.json = common.json();
    return RunSend(sent);
  } catch (const base::ProblemError& error) {
    ReportFaults(error.problems(), common.Speaks(), common.json(), std::cerr);
    return error.code() == "usage" ? 2 : StatusOf(error);
  } catch (const std::exception& error) {
    std::cerr << "polder-member: " << error.what() << "\n";
    return 3;
  }
}

}  // namespace polder::server::member
