#include "server/member/send.h"

#include <cstdint>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/digest.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/http/client.h"
#include "server/member/address.h"
#include "server/member/files.h"
#include "server/member/report.h"

namespace polder::server::member {
namespace {

using base::Json;
using base::Problem;
using base::ProblemError;

Address AddressOf(const std::string& url) {
  const auto address = ParseAddress(url);
  if (address) return *address;
  throw ProblemError("usage", "url", "--url is https://host or https://host:port, not " + url);
}

std::string TextOf(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

uint64_t CountOf(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

// What an answer of the region that is no receipt says: its errors, or its title.
std::vector<Problem> ProblemsOf(const http::Client::Result& result) {
  std::vector<Problem> problems;
  try {
    const Json json = base::ParseJson(result.Text());
    if (json.is_object()) {
      for (const Json& error : json.value("errors", Json::array())) {
        if (!error.is_object()) continue;
        problems.push_back({TextOf(error, "code"), TextOf(error, "pointer"),
                            TextOf(error, "detail"), CountOf(error, "line"),
                            CountOf(error, "column")});
      }
      if (problems.empty()) {
        problems.push_back({"refused", "", TextOf(json, "title") + ": " + TextOf(json, "detail")});
      }
    }
  } catch (const ProblemError&) {
    problems.clear();  // an answer from something that is not Polder
  }
  if (problems.empty()) {
    problems.push_back({"refused", "", "HTTP " + std::to_string(result.status)});
  }
  return problems;
}

bool IsTransient(int status) { return status >= 500 || status == 408 || status == 429; }

class Sender {
 public:
  explicit Sender(const SendOptions& options)
      : options_(options),
        address_(AddressOf(options.url)),
        client_(http::ClientTlsFiles{options.ca, options.certificate, options.private_key},
                address_.host, address_.port) {}

  int Run() {
    for (const std::string& file : options_.files) {
      try {
        if (!Send(file)) refused_ = true;
      } catch (const ProblemError& error) {
        failed_ = failed_ || StatusOf(error) == 3;
        refused_ = refused_ || StatusOf(error) != 3;
        Tell(file, StatusOf(error) == 3 ? "failed" : "refused", error.problems());
        if (IsHopeless(error.code())) break;
      }
    }
    if (options_.json) std::cout << told_.dump() << "\n";
    return failed_ ? 3 : refused_ ? 1 : 0;
  }

 private:
  // Nobody answers, or the two ends do not believe each other: the next file would fare the same.
  static bool IsHopeless(const std::string& code) {
    return code == "connect-failed" || code == "tls-refused";
  }

  bool Send(const std::string& file) {
    const std::string envelope = ReadFile(file);
    const auto result = client_.Send("POST", "/v1/deliveries",
                                     "application/pkcs7-mime; smime-type=authEnveloped-data",
                                     base::AsBytes(envelope));
    if (result.status != 200 && result.status != 201) {
      if (IsTransient(result.status)) failed_ = true;
      Tell(file, IsTransient(result.status) ? "failed" : "refused", ProblemsOf(result));
      return IsTransient(result.status);
    }
    const std::string_view note = result.Text();
    const Json receipt = base::ParseJson(note.substr(0, note.find('\n')));
    if (!receipt.is_object() ||
        TextOf(receipt, "digest") != crypto::digest::Sha256Hex(base::AsBytes(envelope))) {
      throw ProblemError("receipt-mismatch", "",
                         "The receipt is not for this file. Do not rely on it; tell the region.");
    }
    WriteFile(file + ".receipt.json", note);
    if (options_.json) {
      told_.push_back(
          {{"file", file}, {"status", TextOf(receipt, "status")}, {"receipt", receipt}});
    } else {
      const bool dutch = options_.language == Language::kDutch;
      const bool late = TextOf(receipt, "status") == "late";
      std::cout << file << ": "
                << (late ? (dutch ? "ontvangen voor de volgende publicatie"
                                  : "received for the next release")
                         : (dutch ? "ontvangen" : "received"))
                << ", " << TextOf(receipt, "deliveryId") << ", " << TextOf(receipt, "receivedAt")
                << "\n";
    }
    return true;
  }

  void Tell(const std::string& file, const std::string& status,
            const std::vector<Problem>& problems) {
    if (options_.json) {
      Json errors = Json::array();
      for (const Problem& problem : problems) errors.push_back(base::ToJson(problem));
      told_.push_back({{"file", file}, {"status", status}, {"errors", std::move(errors)}});
      return;
    }
    const bool dutch = options_.language == Language::kDutch;
    std::cerr << file << ": "
              << (status == "failed" ? (dutch ? "niet verstuurd" : "not sent")
                                     : (dutch ? "geweigerd" : "refused"))
              << "\n";
    ReportFaults(problems, options_.language, false, std::cerr);
  }

  const SendOptions& options_;
  const Address address_;
  http::Client client_;
  Json told_ = Json::array();
  bool refused_ = false;
  bool failed_ = false;
};

}  // namespace

int RunSend(const SendOptions& options) { return Sender(options).Run(); }

}  // namespace polder::server::member
