#include "crypto/log/log_policy.h"

#include <algorithm>
#include <map>

#include "crypto/log/decimal.h"
#include "policies/base/problem.h"

namespace polder::crypto::log {

// Reads a policy line by line; every fault becomes a problem and the reading goes on.
class LogPolicyReader {
 public:
  LogPolicy Read(std::string_view text) {
    uint64_t number = 0;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      line_ = ++number;
      ReadLine(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    line_ = 0;
    if (!has_quorum_)
      Fault("There is no quorum line; add one (\"quorum none\" asks for no witness).");
    problems_.ThrowIfAny();
    return std::move(policy_);
  }

 private:
  void Fault(std::string detail) { problems_.Add({"log-policy", "", std::move(detail), line_, 0}); }

  void ReadLine(std::string_view line) {
    std::vector<std::string> words(1);
    for (const char c : line) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
        return Fault("Control characters are not allowed; write the policy as plain lines.");
      }
      if (c != ' ' && c != '\t') {
        words.back() += c;
      } else if (!words.back().empty()) {
        words.emplace_back();
      }
    }
    if (words.back().empty()) words.pop_back();
    if (words.empty() || words[0][0] == '#') return;
    if (words[0] == "log") return ReadLog(words);
    if (words[0] == "witness") return ReadWitness(words);
    if (words[0] == "group") return ReadGroup(words);
    if (words[0] == "quorum") return ReadQuorum(words);
    Fault("A line begins with log, witness, group, quorum or #.");
  }

  std::optional<VerifierKey> ReadKey(const std::string& text, SignatureKind kind,
                                     const std::vector<VerifierKey>& others) {
    try {
      VerifierKey key = VerifierKey::Parse(text);
      const bool known = std::any_of(others.begin(), others.end(), [&](const VerifierKey& other) {
        return other.key().Equals(key.key());
      });
      if (key.kind() == kind && !known) return key;
      Fault(known ? "This key is listed twice; remove one of the lines."
                  : "This key is of the other kind: logs sign notes (0x01), witnesses cosign "
                    "(0x04).");
    } catch (const base::ProblemError& error) {
      Fault(error.problems().front().detail);
    }
    return std::nullopt;
  }

  bool Define(const std::string& name, LogPolicy::Node node) {
    if (name == "none" || names_.contains(name)) {
      Fault("This name is taken; give every witness and group a name of its own.");
      return false;
    }
    names_[name] = policy_.nodes_.size();
    node.name = name;
    policy_.nodes_.push_back(std::move(node));
    return true;
  }

  void ReadLog(const std::vector<std::string>& words) {
    if (words.size() < 2 || words.size() > 3) return Fault("Write: log <vkey> [<url>]");
    if (auto key = ReadKey(words[1], SignatureKind::kNote, policy_.logs_)) {
      policy_.logs_.push_back(std::move(*key));
    }
  }

  void ReadWitness(const std::vector<std::string>& words) {
    if (words.size() < 3 || words.size() > 4) {
      return Fault("Write: witness <name> <vkey> [<url>]");
    }
    auto key = ReadKey(words[2], SignatureKind::kCosignature, policy_.witnesses_);
    if (!key) return;
    LogPolicy::Node node;
    node.witness = policy_.witnesses_.size();
    if (!Define(words[1], std::move(node))) return;
    policy_.witnesses_.push_back(std::move(*key));
    policy_.witness_urls_.push_back(words.size() == 4 ? words[3] : std::string());
  }

  void ReadGroup(const std::vector<std::string>& words) {
    if (words.size() < 4) return Fault("Write: group <name> all|any|<k> <member>…");
    LogPolicy::Node node;
    for (size_t i = 3; i < words.size(); ++i) {
      const auto member = names_.find(words[i]);
      if (member == names_.end()) {
        return Fault("A member of a group is a witness or group of an earlier line.");
      }
      if (!members_.insert({words[i], line_}).second) {
        return Fault("A witness or group belongs to one group, once.");
      }
      node.members.push_back(member->second);
    }
    const std::optional<uint64_t> number = ParseDecimal(words[2]);
    if (words[2] == "all") {
      node.needed = node.members.size();
    } else if (words[2] == "any") {
      node.needed = 1;
    } else if (number && *number >= 1 && *number <= node.members.size()) {
      node.needed = static_cast<size_t>(*number);
    } else {
      return Fault("The number needed is all, any, or 1 to the number of members.");
    }
    Define(words[1], std::move(node));
  }

  void ReadQuorum(const std::vector<std::string>& words) {
    if (words.size() != 2 || has_quorum_) {
      return Fault("There is exactly one line: quorum <name>|none");
    }
    has_quorum_ = true;
    if (words[1] == "none") return;
    const auto node = names_.find(words[1]);
    if (node == names_.end()) {
      return Fault("The quorum names a witness or group of an earlier line.");
    }
    policy_.quorum_ = node->second;
  }

  LogPolicy policy_;
  base::Problems problems_;
  std::map<std::string, size_t> names_;      // to nodes_
  std::map<std::string, uint64_t> members_;  // to the line that used it
  bool has_quorum_ = false;
  uint64_t line_ = 0;
};

LogPolicy LogPolicy::Parse(std::string_view text) { return LogPolicyReader().Read(text); }

LogPolicy LogPolicy::ForLog(const VerifierKey& log) {
  if (log.kind() != SignatureKind::kNote) {
    throw base::ProblemError("log-policy", "", "A witness's key is not a log's.");
  }
  LogPolicy policy;
  policy.logs_.push_back(log);
  return policy;
}

std::optional<TrustedCheckpoint> LogPolicy::Check(std::string_view note, std::string* why) const {
  return Check(note, std::nullopt, why);
}

std::optional<TrustedCheckpoint> LogPolicy::CheckUntil(std::string_view note, base::Instant until,
                                                       std::string* why) const {
  return Check(note, std::optional(until), why);
}

std::optional<TrustedCheckpoint> LogPolicy::Check(std::string_view note,
                                                  std::optional<base::Instant> until,
                                                  std::string* why) const {
  const auto refuse = [why](const char* reason) {
    if (why != nullptr) *why = reason;
    return std::nullopt;
  };
  std::vector<VerifierKey> known = logs_;
  known.insert(known.end(), witnesses_.begin(), witnesses_.end());
  const std::optional<VerifiedNote> verified = VerifyNote(note, known);
  if (!verified) return refuse("The checkpoint is malformed or a signature on it is wrong.");
  std::optional<Checkpoint> checkpoint = Checkpoint::Parse(verified->text);
  if (!checkpoint) return refuse("The signed text is not a checkpoint.");
  const auto signed_by = [&](const VerifierKey& key) {
    return std::any_of(verified->signatures.begin(), verified->signatures.end(),
                       [&](const KnownSignature& s) {
                         return s.name == key.name() && s.id == key.id() &&
                                (!until || !s.cosigned_at || *s.cosigned_at <= *until);
                       });
  };
  // A listed log speaks for its own origin only.
  if (std::none_of(logs_.begin(), logs_.end(), [&](const VerifierKey& log) {
        return log.name() == checkpoint->origin && signed_by(log);
      })) {
    return refuse("No log of the policy signed this checkpoint under its own name.");
  }
  // Members stand before their groups, so one pass decides.
  std::vector<bool> witnessed;
  for (const Node& node : nodes_) {
    if (node.witness) {
      witnessed.push_back(signed_by(witnesses_[*node.witness]));
    } else {
      const auto count = std::count_if(node.members.begin(), node.members.end(),
                                       [&](size_t member) { return witnessed[member]; });
      witnessed.push_back(static_cast<size_t>(count) >= node.needed);
    }
  }
  if (quorum_ && !witnessed[*quorum_]) {
    return refuse("Too few witnesses of the policy cosigned this checkpoint.");
  }
  TrustedCheckpoint trusted{std::move(*checkpoint), {}};
  for (const KnownSignature& signature : verified->signatures) {
    if (signature.cosigned_at && (!until || *signature.cosigned_at <= *until))
      trusted.witnesses.push_back(signature);
  }
  return trusted;
}

}  // namespace polder::crypto::log
