// `polder act …`: what officers do, over HTTPS with their own certificate.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "crypto/cms/cms.h"
#include "crypto/keys/certificate.h"
#include "crypto/keys/key.h"
#include "crypto/random/random.h"
#include "crypto/random/seed.h"
#include "policies/base/bytes.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "server/cli/cli.h"
#include "server/cli/url.h"
#include "server/config/files.h"
#include "server/http/client.h"
#include "server/http/target.h"
#include "server/store/records.h"

namespace polder::server::cli {
namespace {

using base::Json;
using base::ProblemError;

struct Connection {
  std::string url, ca, certificate, private_key, token_file;
};

struct Act {
  Connection connection;
  std::string file, digest, release, role, seed_file, policy, job, reason, deliver_by, escrow_to,
      key;
  std::string municipality, year, delivery;
  bool wait = false;
};

// The document of an answer. A refusal becomes its problems.
Json Answered(const http::Client::Result& answer) {
  Json json;
  try {
    json = base::ParseJson(answer.Text());
  } catch (const ProblemError&) {
    throw ProblemError("malformed-answer", "", "The service answered something that is not JSON.");
  }
  if (answer.status < 300) return json;
  std::vector<base::Problem> problems;
  if (json.is_object() && json.contains("errors") && json["errors"].is_array()) {
    for (const Json& error : json["errors"]) {
      problems.push_back({error.value("code", "refused"), error.value("pointer", ""),
                          error.value("detail", ""), error.value("line", uint64_t{0}),
                          error.value("column", uint64_t{0})});
    }
  }
  if (problems.empty() && json.is_object()) {
    problems.push_back({"refused", "",
                        std::to_string(answer.status) + " " + json.value("title", "") + ": " +
                            json.value("detail", ""),
                        0, 0});
  }
  if (problems.empty()) problems.push_back({"refused", "", "The service refused.", 0, 0});
  throw ProblemError(std::move(problems));
}

// The service, and how its user says who they are.
struct Service {
  http::Client client;
  http::Headers headers;
};

Json Ask(Service& service, const std::string& method, const std::string& target,
         const std::string& body) {
  return Answered(service.client.Send(method, target, body.empty() ? "" : "application/json",
                                      base::AsBytes(body), service.headers));
}

crypto::digest::SecretBytes ReadSeed(const std::string& path) {
  std::string text = config::ReadFile(path);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  std::optional<base::Bytes> bytes = base::FromHex(text);
  crypto::digest::SecureWipe(text);
  if (!bytes || bytes->size() != 32) {
    throw ProblemError("wrong-seed", "--seed-file", path + " does not hold 64 hexadecimal digits.");
  }
  return crypto::digest::SecretBytes::Taking(std::move(*bytes));
}

Json CommitSeed(Service& service, const Act& act) {
  // A seed that was drawn before is used again: the commitment must be of what will be revealed.
  if (!std::filesystem::exists(act.seed_file)) {
    config::WriteFile(act.seed_file, base::ToHex(crypto::random::RandomSecret(32).view()) + "\n",
                      true);
  }
  const auto commitment = crypto::random::SeedCommitment(
      ReadSeed(act.seed_file), base::AsBytes(store::SeedContext(act.release, act.role)));
  return Ask(service, "POST", "/v1/seed-commitments",
             Json{{"releaseId", act.release}, {"commitment", base::ToHex(commitment)}}.dump());
}

// The seed for the replay auditor alone: signed by who reveals it, encrypted to the auditor's
// certificate.
std::string EscrowOf(const Act& act) {
  std::string pem = config::ReadFile(act.connection.private_key);
  const auto key = crypto::keys::PrivateKey::FromPem(pem);
  crypto::digest::SecureWipe(pem);
  const auto own = crypto::keys::Certificate::FromPem(config::ReadFile(act.connection.certificate));
  const std::vector recipients{crypto::keys::Certificate::FromPem(config::ReadFile(act.escrow_to))};
  std::string text =
      "polder-seed-1\n" + act.release + "\n" + base::ToHex(ReadSeed(act.seed_file).view()) + "\n";
  const auto envelope = crypto::cms::SignAndEncrypt(base::AsBytes(text), key, own, recipients);
  crypto::digest::SecureWipe(text);
  return base::ToBase64(envelope);
}

Json RevealSeed(Service& service, const Act& act) {
  Json asked{{"releaseId", act.release}, {"seed", base::ToHex(ReadSeed(act.seed_file).view())}};
  if (!act.escrow_to.empty()) asked["escrow"] = EscrowOf(act);
  std::string body = asked.dump();
  crypto::digest::SecureWipe(asked["seed"].get_ref<std::string&>());
  Json answer = Ask(service, "POST", "/v1/seed-reveals", body);
  crypto::digest::SecureWipe(body);
  return answer;
}

// Follows the job to its end, telling each new step on stderr.
Json Follow(Service& service, const std::string& id) {
  std::string told;
  for (;;) {
    const Json job = Ask(service, "GET", "/v1/jobs/" + http::PercentEncode(id), "");
    const std::string state = job.value("state", "");
    const std::string progress = job.value("progress", "");
    if (progress != told && !progress.empty()) std::cerr << id << ": " << progress << "\n";
    told = progress;
    if (state == "done") return job;
    if (state == "failed") {
      throw ProblemError("job-failed", "", "Nothing came of it: " + job.value("message", ""));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// The line that `polder-keyholder create-key` printed, as it stands.
Json PublishTokenKey(Service& service, const Act& act) {
  return Ask(service, "POST", "/v1/token-keys", config::ReadFile(act.file));
}
Json EndTokenKey(Service& service, const Act& act) {
  return Ask(service, "POST", "/v1/token-keys/" + http::PercentEncode(act.key) + "/ends", "{}");
}

Json StartRelease(Service& service, const Act& act) {
  Json answer = Ask(service, "POST", "/v1/releases", Json{{"releaseId", act.release}}.dump());
  return act.wait ? Follow(service, answer.value("jobId", "")) : answer;
}

using Doing = Json (*)(Service&, const Act&);

Json SubmitPolicy(Service& service, const Act& act) {
  return Ask(service, "POST", "/v1/policies", config::ReadFile(act.file));
}
Json ApprovePolicy(Service& service, const Act& act) {
  return Ask(service, "POST", "/v1/policies/" + http::PercentEncode(act.digest) + "/approvals",
             "{}");
}
Json AnnounceDeadline(Service& service, const Act& act) {
  return Ask(service, "POST", "/v1/deadlines",
             Json{{"releaseId", act.release}, {"deliverBy", act.deliver_by}}.dump());
}
Json FetchSeed(Service& service, const Act& act) {
  const http::Client::Result answer = service.client.Send(
      "GET",
      "/v1/seed-escrows/" + http::PercentEncode(act.release) + "/" + http::PercentEncode(act.role),
      "", {}, service.headers);
  if (answer.status != 200) return Answered(answer);
  config::WriteFile(act.file, base::AsText(answer.body), true);
  return Json{{"file", act.file}};
}
Json Freeze(Service& service, const Act& act) {
  return Ask(service, "POST", "/v1/freezes",
             Json{{"releaseId", act.release}, {"policy", act.policy}}.dump());
}
Json ShowJob(Service& service, const Act& act) {
  return act.wait ? Follow(service, act.job)
                  : Ask(service, "GET", "/v1/jobs/" + http::PercentEncode(act.job), "");
}
// Unreadable for ever: one delivery, or all of a municipality's year.
Json Erase(Service& service, const Act& act) {
  if (act.delivery.empty() == act.year.empty()) {
    throw ProblemError("usage", "--delivery", "Give either --delivery or --year.");
  }
  Json item{{"municipality", act.municipality}};
  item[act.year.empty() ? "deliveryId" : "year"] = act.year.empty() ? act.delivery : act.year;
  Json answer = Ask(service, "POST", "/v1/erasures",
                    Json{{"items", Json::array({item})}, {"reason", act.reason}}.dump());
  // What a privacy officer proposes waits for another one: there is no job yet.
  return act.wait && answer.contains("jobId") ? Follow(service, answer.value("jobId", "")) : answer;
}
Json ListErasures(Service& service, const Act&) { return Ask(service, "GET", "/v1/erasures", ""); }
Json EndErasure(Service& service, const Act& act, const char* how) {
  return Ask(service, "POST", "/v1/erasures/" + http::PercentEncode(act.digest) + how, "{}");
}
Json ApproveErasure(Service& service, const Act& act) {
  Json answer = EndErasure(service, act, "/approvals");
  return act.wait ? Follow(service, answer.value("jobId", "")) : answer;
}
Json WithdrawErasure(Service& service, const Act& act) {
  return EndErasure(service, act, "/withdrawals");
}
Json Veto(Service& service, const Act& act) {
  return Ask(service, "POST", "/v1/releases/" + http::PercentEncode(act.release) + "/vetoes",
             Json{{"reason", act.reason}}.dump());
}

int Run(const Act& act, Doing doing) {
  const Url url = ParseUrl(act.connection.url);
  Service service{http::Client(http::ClientTlsFiles{act.connection.ca, act.connection.certificate,
                                                    act.connection.private_key},
                               url.host, url.port),
                  {}};
  if (!act.connection.token_file.empty()) {
    std::string token = config::ReadFile(act.connection.token_file);
    while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
    service.headers["Authorization"] = "Bearer " + token;
  }
  std::cout << doing(service, act).dump() << "\n";
  return kDone;
}

}  // namespace

void AddActCommands(CLI::App& app, Chosen& chosen) {
  CLI::App* parent =
      app.add_subcommand("act", "What officers do: approve, commit, freeze, release, veto");
  parent->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Doing doing, auto options) {
    CLI::App* command = parent->add_subcommand(name, help);
    auto act = std::make_shared<Act>();
    command->add_option("--url", act->connection.url, "https://host:port of the service")
        ->required();
    command->add_option("--ca", act->connection.ca, "who signs the service's certificate (PEM)")
        ->required();
    CLI::Option* certificate =
        command->add_option("--certificate", act->connection.certificate, "your certificate (PEM)");
    CLI::Option* key =
        command->add_option("--private-key", act->connection.private_key, "its private key (PEM)");
    certificate->needs(key);
    key->needs(certificate);
    CLI::Option* token = command->add_option("--token-file", act->connection.token_file,
                                             "holds an access token of your sign-in, instead");
    options(*command, *act);
    command->callback([&chosen, act, doing, certificate, token] {
      if (certificate->count() == 0 && token->count() == 0) {
        throw CLI::RequiredError("--certificate (or --token-file)");
      }
      chosen.run = [act, doing] { return Run(*act, doing); };
    });
  };
  const auto release = [](CLI::App& command, Act& act) {
    command.add_option("--release", act.release, "release id, as 2022SJ-definitive-1")->required();
  };
  add("submit-policy", "Hands in a policy; a privacy officer's act", SubmitPolicy,
      [](CLI::App& command, Act& act) {
        command.add_option("--file", act.file, "policy (JSON)")->required();
      });
  add("approve-policy", "Approves a policy that someone else handed in", ApprovePolicy,
      [](CLI::App& command, Act& act) {
        command.add_option("--digest", act.digest, "SHA-256 of the policy")->required();
      });
  add("commit-seed", "Commits to a seed before the freeze; draws it when the file is not there",
      CommitSeed, [&](CLI::App& command, Act& act) {
        release(command, act);
        command.add_option("--seed-file", act.seed_file, "where the seed is kept")->required();
        command.add_option("--role", act.role, "operator or auditor")
            ->required()
            ->check(CLI::IsMember({"operator", "auditor"}));
      });
  add("announce-deadline", "Until when members deliver for a release; the coordinator's act",
      AnnounceDeadline, [&](CLI::App& command, Act& act) {
        release(command, act);
        command.add_option("--deliver-by", act.deliver_by, "instant, as 2023-02-06T09:30:00Z")
            ->required();
      });
  add("publish-token-key", "Publishes a holder's key of a token domain; the key holder's act",
      PublishTokenKey, [](CLI::App& command, Act& act) {
        command.add_option("--line", act.file, "what polder-keyholder create-key printed (a file)")
            ->required();
      });
  add("end-token-key", "Says that a key was destroyed; its key holder's act", EndTokenKey,
      [](CLI::App& command, Act& act) {
        command.add_option("--key", act.key, "key id")->required();
      });
  add("freeze", "Pins the deliveries of a release; the coordinator's act", Freeze,
      [&](CLI::App& command, Act& act) {
        release(command, act);
        command.add_option("--policy", act.policy, "SHA-256 of the approved policy")->required();
      });
  add("reveal-seed", "Reveals a committed seed after the freeze", RevealSeed,
      [&](CLI::App& command, Act& act) {
        release(command, act);
        command.add_option("--seed-file", act.seed_file, "where the seed is kept")->required();
        command.add_option("--escrow-to", act.escrow_to,
                           "certificate of the replay auditor, who gets the seed too (PEM)");
      });
  add("fetch-seed", "Gets a seed for a replay, as CMS; the replay auditor's act", FetchSeed,
      [&](CLI::App& command, Act& act) {
        release(command, act);
        command.add_option("--role", act.role, "operator or auditor")
            ->required()
            ->check(CLI::IsMember({"operator", "auditor"}));
        command.add_option("--out", act.file, "where the envelope is written")->required();
      });
  add("release", "Asks for the release; the coordinator's act", StartRelease,
      [&](CLI::App& command, Act& act) {
        release(command, act);
        command.add_flag("--wait", act.wait, "until it is made or refused");
      });
  add("job", "How far a job is", ShowJob, [](CLI::App& command, Act& act) {
    command.add_option("--id", act.job, "job id")->required();
    command.add_flag("--wait", act.wait, "until it is done or failed");
  });
  add("erase",
      "Has the keys of a delivery or a year destroyed: a member its own, at once; a privacy "
      "officer "
      "proposes it",
      Erase, [](CLI::App& command, Act& act) {
        command.add_option("--municipality", act.municipality, "GM code, such as GM0148")
            ->required();
        command.add_option("--delivery", act.delivery, "deliveryId");
        command.add_option("--year", act.year, "a whole year, as 2022SJ");
        command.add_option("--reason", act.reason, "kept in the region")->required();
        command.add_flag("--wait", act.wait, "until the keys are gone");
      });
  add("erasures", "What was proposed to be erased, and why; a privacy officer's act", ListErasures,
      [](CLI::App&, Act&) {});
  add("approve-erasure", "Approves an erasure that another privacy officer proposed; irreversible",
      ApproveErasure, [](CLI::App& command, Act& act) {
        command.add_option("--digest", act.digest, "of the proposal")->required();
        command.add_flag("--wait", act.wait, "until the keys are gone");
      });
  add("withdraw-erasure", "Ends a proposed erasure; a privacy officer's act", WithdrawErasure,
      [](CLI::App& command, Act& act) {
        command.add_option("--digest", act.digest, "of the proposal")->required();
      });
  add("veto", "Withholds a release under embargo; a privacy officer's act", Veto,
      [&](CLI::App& command, Act& act) {
        release(command, act);
        command.add_option("--reason", act.reason, "stands in the log, for everyone to read")
            ->required();
      });
}

}  // namespace polder::server::cli
