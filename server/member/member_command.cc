#include "server/member/member_command.h"

#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "crypto/cms/cms.h"
#include "crypto/keys/certificate.h"
#include "crypto/keys/key.h"
#include "crypto/token/token.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "server/member/files.h"
#include "server/member/mapping.h"
#include "server/member/messages.h"
#include "server/member/prepare.h"
#include "server/member/report.h"
#include "server/member/send.h"
#include "server/member/witness_command.h"
#include "stats/cases/delivery.h"

namespace polder::server::member {
namespace {

using policies::codebook::Codebook;

struct PrepareOptions {
  std::string mapping, codebook, csv, municipality, period, key, case_key, out, replaces;
  std::string certificate, private_key;
  std::vector<std::string> recipients;
  bool conversion = false;
  bool knows = false;  // --i-know-this-is-case-data
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
  app.add_option("--export", options.csv, "the case system's export (CSV)")->required();
  app.add_option("--municipality", options.municipality, "GM code, such as GM0148")->required();
  app.add_option("--period", options.period, "quarter, such as 2022SJ-Q3 or 2022VSV-Q1")
      ->required();
  app.add_option("--key", options.key, "token key of the calendar and year (hexadecimal)")
      ->required();
  app.add_option("--case-key", options.case_key,
                 "the municipality's own secret for case numbers (hexadecimal)")
      ->required();
  app.add_option("--out", options.out, "file to write")->required();
  app.add_option("--replaces", options.replaces, "number of the delivery that this one corrects");
  app.add_flag("--conversion", options.conversion,
               "the case system was converted in this quarter: the series breaks here");
}

PreparedDelivery PrepareFiles(const PrepareOptions& options, Language language) {
  const auto codebook = Codebook::FromJson(base::ParseJson(ReadFile(options.codebook)));
  const auto mapping = Mapping::FromJson(base::ParseJson(ReadFile(options.mapping)), codebook);
  const auto period = base::Period::Parse(options.period);
  if (!period) {
    throw base::ProblemError("not-a-quarter", "period",
                             Say(language, "not-a-quarter", {options.period}));
  }
  const crypto::token::HmacTokenDeriver tokens(ReadKeyFile(options.key));
  const auto case_key = ReadKeyFile(options.case_key);
  std::ifstream csv(options.csv, std::ios::binary);
  if (!csv) {
    throw base::ProblemError("cannot-read", "", "Cannot read " + options.csv + ".");
  }
  PreparedDelivery prepared = Prepare({.mapping = mapping,
                                       .codebook = codebook,
                                       .csv = csv,
                                       .municipality = options.municipality,
                                       .period = *period,
                                       .tokens = tokens,
                                       .case_key = case_key.view(),
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
  std::string pem = ReadFile(options.private_key);
  const auto key = crypto::keys::PrivateKey::FromPem(pem);
  crypto::digest::SecureWipe(pem);
  const auto certificate = crypto::keys::Certificate::FromPem(ReadFile(options.certificate));
  std::vector<crypto::keys::Certificate> recipients;
  for (const std::string& path : options.recipients) {
    recipients.push_back(crypto::keys::Certificate::FromPem(ReadFile(path)));
  }
  const auto prepared = PrepareFiles(options, common.Speaks());
  const auto envelope = crypto::cms::SignAndEncrypt(base::AsBytes(prepared.ndjson.view()), key,
                                                    certificate, recipients);
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
  const auto prepared = PrepareFiles(options, common.Speaks());
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
  prepare->add_option("--certificate", prepared.certificate, "the municipality's certificate (PEM)")
      ->required();
  prepare->add_option("--private-key", prepared.private_key, "its private key (PEM)")->required();
  prepare->add_option("--recipient", prepared.recipients, "the region's certificate (PEM)")
      ->required();

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
