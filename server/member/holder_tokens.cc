#include "server/member/holder_tokens.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "crypto/digest/secret.h"
#include "crypto/oprf/oprf.h"
#include "crypto/random/random.h"
#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "policies/codebook/token_class.h"
#include "server/http/client.h"
#include "server/member/messages.h"

namespace polder::server::member {
namespace {

using base::ProblemError;
using crypto::oprf::Element;
using crypto::oprf::Evaluation;
using crypto::token::Token;
using SteadyClock = std::chrono::steady_clock;

constexpr size_t kFillerBytes = 32;
constexpr std::chrono::milliseconds kFirstPause{200};

bool IsTransient(int status) { return status >= 500 || status == 408; }

// "geen antwoord": what a refusal says in its own words, or its number.
std::string WordsOf(const http::Client::Result& result) {
  try {
    const base::Json json = base::ParseJson(result.Text());
    if (json.is_object()) {
      if (const auto errors = json.find("errors");
          errors != json.end() && errors->is_array() && !errors->empty() &&
          errors->front().is_object() &&
          errors->front().value("detail", base::Json()).is_string()) {
        return errors->front()["detail"].get<std::string>();
      }
      if (const auto detail = json.find("detail"); detail != json.end() && detail->is_string()) {
        return detail->get<std::string>();
      }
    }
  } catch (const ProblemError&) {
    // not an answer of Polder's
  }
  return "HTTP " + std::to_string(result.status);
}

// Another program's words on a person's terminal: one line, no control characters.
std::string OnOneLine(std::string text) {
  constexpr size_t kLongest = 300;
  if (text.size() > kLongest) text.resize(kLongest);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

std::string BodyOf(const std::string& key_id, const std::vector<Element>& elements) {
  base::Json blinded = base::Json::array();
  for (const Element& element : elements) blinded.push_back(base::ToBase64Url(element));
  return base::Json{{"keyId", key_id}, {"blindedElements", std::move(blinded)}}.dump();
}

// One line to one holder.
class Line {
 public:
  Line(const KeyHolder& holder, const TokenKey& key, const AskOptions& options)
      : holder_(holder),
        key_(key),
        options_(options),
        client_(
            http::ClientTlsFiles{"", options.certificate, options.private_key, holder.authority},
            holder.host, holder.port) {}

  crypto::oprf::Holder Ask(const std::vector<Element>& elements) {
    const std::string body = BodyOf(key_.key_id, elements);
    const auto give_up = SteadyClock::now() + options_.patience;
    std::string why;
    for (auto pause = kFirstPause;; pause = std::min(2 * pause, options_.longest_pause)) {
      try {
        const auto result =
            client_.Send("POST", "/v1/evaluate", "application/json", base::AsBytes(body));
        if (result.status == 200) return {key_.public_key, Read(result)};
        if (!IsTransient(result.status)) Fail("holder-refused", WordsOf(result));
        why = WordsOf(result);
      } catch (const ProblemError& error) {
        if (error.code() != "connect-failed" && error.code() != "connection-lost" &&
            error.code() != "timed-out") {
          if (error.code() == "tls-refused") Fail("holder-unreachable", DetailOf(error));
          throw;
        }
        why = DetailOf(error);
      }
      if (SteadyClock::now() + pause > give_up) Fail("holder-unreachable", why);
      std::this_thread::sleep_for(pause);
    }
  }

 private:
  static std::string DetailOf(const ProblemError& error) { return error.problems().front().detail; }

  [[noreturn]] void Fail(std::string_view code, std::string_view why) const {
    throw ProblemError(std::string(code), holder_.name,
                       Say(options_.language, code, {holder_.name, OnOneLine(std::string(why))}));
  }

  Evaluation Read(const http::Client::Result& result) const {
    Evaluation evaluation;
    try {
      const base::Json json = base::ParseJson(result.Text());
      base::Problems problems;
      base::ObjectReader object(json, "", problems);
      if (object.Text("keyId", 1, 200) != key_.key_id) object.Fault("wrong-key", "keyId", "");
      object.Array("evaluatedElements", [&](const base::Json& item, const std::string& at) {
        Element element{};
        if (!Decode(item, element)) problems.Add("wrong-element", at, "");
        evaluation.elements.push_back(element);
      });
      if (!Decode(object.Raw("proof"), evaluation.proof)) object.Fault("wrong-proof", "proof", "");
      object.Finish();
      problems.ThrowIfAny();
    } catch (const ProblemError&) {
      Fail("holder-answer", "");
    }
    return evaluation;
  }

  template <size_t kSize>
  static bool Decode(const base::Json& json, std::array<uint8_t, kSize>& into) {
    if (!json.is_string()) return false;
    const auto bytes = base::FromBase64Url(json.get_ref<const std::string&>());
    if (!bytes || bytes->size() != kSize) return false;
    std::copy(bytes->begin(), bytes->end(), into.begin());
    return true;
  }

  const KeyHolder& holder_;
  const TokenKey& key_;
  const AskOptions& options_;
  http::Client client_;
};

// A stretch of the class: some inputs, perhaps none, and fillers.
struct Batch {
  size_t begin, end;  // of the inputs
  size_t size;
};

std::vector<Batch> Split(size_t inputs, int64_t public_pupils) {
  std::vector<Batch> batches;
  size_t begin = 0;
  for (const size_t size :
       policies::codebook::BatchesOf(policies::codebook::TokenClass(inputs, public_pupils))) {
    const size_t end = std::min(inputs, begin + size);
    batches.push_back({begin, end, size});
    begin = end;
  }
  return batches;
}

// All batches of one export, by a few threads.
class Asking {
 public:
  Asking(const TokenSheet& sheet, const std::vector<TokenKey>& keys, const AskOptions& options,
         std::span<const base::ByteView> inputs)
      : sheet_(sheet),
        keys_(keys),
        options_(options),
        inputs_(inputs),
        batches_(Split(inputs.size(), options.public_pupils)),
        tokens_(inputs.size()) {}

  std::vector<Token> Run() {
    std::vector<std::thread> threads;
    const size_t count = std::clamp<size_t>(options_.at_once, 1, batches_.size());
    for (size_t i = 0; i < count; ++i) threads.emplace_back([this] { Work(); });
    for (std::thread& thread : threads) thread.join();
    if (failure_) {
      for (Token& token : tokens_) crypto::digest::SecureWipe(token);
      std::rethrow_exception(failure_);
    }
    return std::move(tokens_);
  }

 private:
  void Work() {
    try {
      std::vector<std::unique_ptr<Line>> lines;
      for (const TokenKey& key : keys_) {
        lines.push_back(std::make_unique<Line>(sheet_.holders().at(key.holder), key, options_));
      }
      while (const Batch* batch = Next()) {
        Do(*batch, lines);
        Finished();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  const Batch* Next() {
    const std::lock_guard lock(mutex_);
    if (failure_ || next_ == batches_.size()) return nullptr;
    return &batches_[next_++];
  }

  void Finished() {
    const std::lock_guard lock(mutex_);
    ++done_;
    if (options_.progress) options_.progress(done_, batches_.size());
  }

  void Do(const Batch& batch, std::vector<std::unique_ptr<Line>>& lines) {
    const size_t real = batch.end - batch.begin;
    std::vector<base::ByteView> inputs(inputs_.begin() + static_cast<ptrdiff_t>(batch.begin),
                                       inputs_.begin() + static_cast<ptrdiff_t>(batch.end));
    // Fillers are inputs like any other: nobody can tell a blinded filler from a blinded number.
    const base::Bytes filler = crypto::random::RandomBytes((batch.size - real) * kFillerBytes);
    for (size_t i = 0; i < batch.size - real; ++i) {
      inputs.push_back(base::ByteView(filler).subspan(i * kFillerBytes, kFillerBytes));
    }
    const crypto::oprf::Blinding blinding(inputs);
    std::vector<crypto::oprf::Holder> holders;
    for (const auto& line : lines) holders.push_back(line->Ask(blinding.elements()));
    std::vector<crypto::oprf::Output> outputs = Verified(blinding, holders);
    std::copy_n(outputs.begin(), real, tokens_.begin() + static_cast<ptrdiff_t>(batch.begin));
    for (crypto::oprf::Output& output : outputs) crypto::digest::SecureWipe(output);
  }

  std::vector<crypto::oprf::Output> Verified(
      const crypto::oprf::Blinding& blinding,
      const std::vector<crypto::oprf::Holder>& holders) const {
    try {
      return blinding.Finalize(holders);
    } catch (const ProblemError& error) {
      std::vector<base::Problem> problems;
      for (size_t i = 0; i < keys_.size(); ++i) {
        const std::string pointer = "/holders/" + std::to_string(i);
        const auto blamed = std::find_if(
            error.problems().begin(), error.problems().end(), [&](const base::Problem& problem) {
              return problem.pointer == pointer || problem.pointer.starts_with(pointer + "/");
            });
        if (blamed == error.problems().end()) continue;
        const std::string code = blamed->code == "oprf-proof" ? "holder-proof" : "holder-answer";
        const std::string& name = sheet_.holders().at(keys_[i].holder).name;
        problems.push_back({code, name, Say(options_.language, code, {name, ""})});
      }
      if (problems.empty()) throw;
      throw ProblemError(std::move(problems));
    }
  }

  const TokenSheet& sheet_;
  const std::vector<TokenKey>& keys_;
  const AskOptions& options_;
  const std::span<const base::ByteView> inputs_;
  const std::vector<Batch> batches_;
  std::vector<Token> tokens_;  // each batch writes its own stretch
  std::mutex mutex_;
  size_t next_ = 0;
  size_t done_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

HolderTokens::HolderTokens(const TokenSheet& sheet, AskOptions options)
    : sheet_(sheet), options_(std::move(options)) {}

std::vector<Token> HolderTokens::Tokens(const crypto::token::TokenDomain& domain,
                                        std::span<const base::ByteView> inputs) {
  const auto* keys = sheet_.KeysOf(domain);
  if (keys == nullptr) {
    throw ProblemError("no-token-keys", "",
                       Say(options_.language, "no-token-keys", {domain.Text()}));
  }
  return Asking(sheet_, *keys, options_, inputs).Run();
}

}  // namespace polder::server::member
