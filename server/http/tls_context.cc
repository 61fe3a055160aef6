#include "server/http/tls_context.h"

#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include <Poco/Exception.h>

#include "crypto/tls/tls.h"
#include "policies/base/problem.h"

namespace polder::server::http {
namespace {

using Poco::Net::Context;

[[noreturn]] void Unusable(const std::string& file, const std::string& why) {
  throw base::ProblemError("bad-tls-files", "", "The TLS file " + file + " " + why);
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || text.str().empty()) Unusable(path, "cannot be read or is empty.");
  return text.str();
}

// Says which file is wrong before Poco reads them, which would only say that something is.
void CheckPair(const std::string& certificate, const std::string& private_key) {
  const auto chain = crypto::keys::Certificate::BundleFromPem(ReadFile(certificate));
  const auto key = crypto::keys::PrivateKey::FromPem(ReadFile(private_key));
  if (!chain.front().MatchesKey(key)) {
    Unusable(private_key, "is not the key of the certificate in " + certificate + ".");
  }
}

void CheckAuthorities(const std::string& file) {
  if (crypto::keys::Certificate::BundleFromPem(ReadFile(file)).empty()) {
    Unusable(file, "holds no certificate.");
  }
}

Context::Ptr Make(Context::Usage usage, const Context::Params& params,
                  const std::string& revocation_lists = {}) {
  try {
    if (!params.certificateFile.empty()) CheckPair(params.certificateFile, params.privateKeyFile);
    if (!params.caLocation.empty()) CheckAuthorities(params.caLocation);
    Context::Ptr context = new Context(usage, params);
    if (usage == Context::TLS_SERVER_USE) {
      crypto::tls::HardenServer(context->sslContext());
      // Poco would compare a client's certificate with the name of its address. Who may do what is
      // decided by the route, from the identity in the certificate.
      context->enableExtendedCertificateVerification(false);
      if (!revocation_lists.empty()) {
        crypto::tls::RequireRevocationLists(context->sslContext(), ReadFile(revocation_lists));
      }
    } else {
      crypto::tls::HardenClient(context->sslContext());
    }
    return context;
  } catch (const base::ProblemError& error) {
    if (error.code() == "bad-tls-files") throw;
    throw base::ProblemError("bad-tls-files", "",
                             "A TLS file cannot be used: " + error.problems().front().detail);
  } catch (const Poco::Exception& error) {
    throw base::ProblemError("bad-tls-files", "",
                             "A TLS file cannot be used: " + error.displayText());
  }
}

Context::Ptr MakeServer(const TlsFiles& files) {
  Context::Params params;
  params.certificateFile = files.certificate;
  params.privateKeyFile = files.private_key;
  params.caLocation = files.client_ca;
  // Asked for, not required; one that is given must verify.
  params.verificationMode =
      files.client_ca.empty() ? Context::VERIFY_NONE : Context::VERIFY_RELAXED;
  if (files.certificate.empty()) Unusable("of the server", "is not named.");
  return Make(Context::TLS_SERVER_USE, params, files.revocation_lists);
}

base::FileStamp StampOf(const TlsFiles& files) {
  return base::FileStamp::Of(
      {files.certificate, files.private_key, files.client_ca, files.revocation_lists});
}

constexpr std::chrono::seconds kBetweenLooks{1};

}  // namespace

TlsContext::TlsContext(const TlsFiles& files, const base::Clock* clock,
                       std::function<void(std::string_view)> trouble)
    : server_files_(files),
      stamp_(StampOf(files)),
      looked_at_(std::chrono::steady_clock::now()),
      trouble_(std::move(trouble)),
      context_(MakeServer(files)),
      clock_(clock) {}

TlsContext::TlsContext(const ClientTlsFiles& files, const base::Clock* clock) : clock_(clock) {
  Context::Params params;
  params.certificateFile = files.certificate;
  params.privateKeyFile = files.private_key;
  params.caLocation = files.server_ca;
  // Strict, because a relaxed Poco does not check the name when the server is on loopback.
  params.verificationMode = Context::VERIFY_STRICT;
  if (files.server_ca.empty() && files.server_ca_pem.empty()) {
    Unusable("of the server's authority", "is not named.");
  }
  context_ = Make(Context::TLS_CLIENT_USE, params);
  if (!files.server_ca_pem.empty()) {
    crypto::tls::TrustAuthorities(context_->sslContext(),
                                  crypto::keys::Certificate::BundleFromPem(files.server_ca_pem));
  }
}

void TlsContext::ReadAgainIfChanged() {
  const auto now = std::chrono::steady_clock::now();
  if (server_files_.certificate.empty() || now - looked_at_ < kBetweenLooks) return;
  looked_at_ = now;
  base::FileStamp stamp = StampOf(server_files_);
  if (stamp == stamp_) return;
  stamp_ = std::move(stamp);
  try {
    // Connections under way keep the settings they began with.
    context_ = MakeServer(server_files_);
  } catch (const base::ProblemError&) {
    if (trouble_) {
      trouble_("the TLS files were changed into something unusable; those read before still count");
    }
  }
}

void TlsContext::Handshake(Channel& channel, const std::string& host, Deadline deadline) {
  {
    // The time is a property of the shared settings, copied by each connection as it starts.
    const std::lock_guard lock(mutex_);
    ReadAgainIfChanged();
    if (clock_ != nullptr && clock_->simulated()) {
      crypto::tls::SetVerificationTime(context_->sslContext(), clock_->Now());
    }
    channel.AttachTls(context_, host);
  }
  channel.Handshake(deadline);
}

}  // namespace polder::server::http
