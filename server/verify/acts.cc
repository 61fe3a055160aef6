#include "server/verify/acts.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace polder::server::verify {
namespace {

using base::Json;

std::string At(uint64_t index) { return "leaf " + std::to_string(index) + ": "; }

}  // namespace

void Acts::Add(uint64_t index, base::ByteView bytes) {
  Leaf leaf;
  leaf.index = index;
  std::string kind, release;
  try {
    const Json json = base::ParseJson(base::AsText(bytes));
    if (!json.is_object() || base::CanonicalJson(json) != base::AsText(bytes) ||
        json.value("format", "") != "polder-leaf-1") {
      throw base::ProblemError("act-malformed", "", "");
    }
    const auto read = [&](const Json& object) {
      for (const auto& [name, value] : object.items()) {
        if (value.is_string()) leaf.fields[name] = value.get<std::string>();
      }
    };
    read(json);
    kind = leaf.fields["kind"];
    const auto at = base::Instant::Parse(leaf.fields["at"]);
    if (!at || kind.empty()) throw base::ProblemError("act-malformed", "", "");
    leaf.at = *at;
    release = leaf.fields["releaseId"];
    if (json.contains("entry")) {
      const Json& binding = json.at("entry").at("binding");
      read(json.at("entry"));
      read(binding);
      release = leaf.fields["releaseId"];
      for (const Json& seed : binding.at("seedCommitments")) leaf.seeds.insert(seed);
    }
  } catch (const std::exception&) {
    malformed_.push_back({"act-malformed", "", At(index) + "this is no leaf of Polder"});
    return;
  }
  if (kind == "release") ++releases_;
  if (kind == "policy" || kind == "approval") policy_[leaf.fields["digest"]].push_back(leaf);
  if (kind.starts_with("erasure")) erasures_[leaf.fields["digest"]].push_back(leaf);
  if (kind == "seed-commitment") {
    const auto [standing, fresh] = seed_of_.emplace(leaf.fields["digest"], release);
    if (!fresh) {
      reused_.push_back({"seed-reused", "",
                         At(index) + "this seed was committed to before, for " + standing->second});
    }
  }
  if (!release.empty()) stories_[release][kind].push_back(std::move(leaf));
}

// Judges one release after another against what was given out.
class Acts::Judge {
 public:
  Judge(const Acts& acts, const std::vector<GivenOut>& given_out,
        const crypto::log::LogPolicy& policy)
      : acts_(acts), given_out_(given_out), policy_(policy) {}

  std::vector<base::Problem> Problems() {
    problems_ = acts_.malformed_;
    problems_.insert(problems_.end(), acts_.reused_.begin(), acts_.reused_.end());
    for (const auto& [release, story] : acts_.stories_) {
      release_ = release;
      story_ = &story;
      if (const Leaf* freeze = Only("freeze")) JudgeFreeze(*freeze);
      for (const Leaf& reveal : All("seed-reveal")) JudgeReveal(reveal);
      if (const Leaf* made = Only("release")) JudgeRelease(*made);
      for (const Leaf& shown : All("public")) JudgePublic(shown);
    }
    for (const auto& [digest, leaves] : acts_.erasures_) JudgeErasure(leaves);
    return std::move(problems_);
  }

 private:
  const std::vector<Leaf>& All(const std::string& kind) const {
    static const std::vector<Leaf> none;
    const auto found = story_->find(kind);
    return found == story_->end() ? none : found->second;
  }
  // The one leaf of the kind; a second one is a fault.
  const Leaf* Only(const std::string& kind) {
    const auto& all = All(kind);
    if (all.size() > 1) Say("act-out-of-order", all[1], "a second " + kind + " of one release");
    return all.empty() ? nullptr : &all.front();
  }
  static std::string Field(const Leaf& leaf, const std::string& name) {
    const auto found = leaf.fields.find(name);
    return found == leaf.fields.end() ? std::string() : found->second;
  }
  void Say(const char* code, const Leaf& leaf, const std::string& what) {
    problems_.push_back({code, "", At(leaf.index) + release_ + ": " + what});
  }

  // Whether witnesses had dated a checkpoint over `covered`, made before leaf `before`.
  bool Witnessed(const Leaf& covered, const Leaf& before,
                 std::optional<base::Instant> until) const {
    if (!policy_.needs_witnesses()) return true;
    return std::any_of(given_out_.begin(), given_out_.end(), [&](const GivenOut& one) {
      return one.size > covered.index && one.size <= before.index &&
             (until ? policy_.CheckUntil(one.note, *until) : policy_.Check(one.note)).has_value();
    });
  }

  void JudgeFreeze(const Leaf& freeze) {
    const Leaf* deadline = nullptr;
    for (const Leaf& one : All("deadline")) {
      if (one.index < freeze.index) deadline = &one;
      if (one.index > freeze.index) Say("act-out-of-order", one, "a deadline after the freeze");
    }
    const auto until =
        deadline ? base::Instant::Parse(Field(*deadline, "deliverBy")) : std::nullopt;
    if (!until) return Say("act-missing", freeze, "no deadline for deliveries was announced");
    if (freeze.at < *until) Say("act-out-of-order", freeze, "frozen before the deadline");
    for (const char* role : {"operator", "auditor"}) {
      const Leaf* commitment = Commitment(role);
      if (!commitment || commitment->index > freeze.index) {
        Say("act-missing", freeze, std::string("frozen without a seed of the ") + role);
      } else if (commitment->at > *until) {
        Say("act-out-of-order", *commitment, "a seed after the deadline for deliveries");
      } else if (!Witnessed(*commitment, freeze, until)) {
        Say("not-witnessed-in-time", *commitment,
            "no quorum of witnesses saw this seed before the deadline for deliveries");
      }
    }
    JudgePolicy(freeze);
  }

  const Leaf* Commitment(const std::string& role) {
    for (const Leaf& one : All("seed-commitment")) {
      if (Field(one, "role") == role) return &one;
    }
    return nullptr;
  }

  void JudgePolicy(const Leaf& freeze) {
    const auto found = acts_.policy_.find(Field(freeze, "policy"));
    const Leaf* written = nullptr;
    bool approved = false;
    if (found != acts_.policy_.end()) {
      for (const Leaf& leaf : found->second) {
        if (leaf.index > freeze.index) continue;
        if (Field(leaf, "kind") == "policy") written = &leaf;
        approved = approved || (written && Field(leaf, "kind") == "approval" &&
                                Field(leaf, "officer") != Field(*written, "officer"));
      }
    }
    if (!approved) Say("act-missing", freeze, "nobody but its author approved the policy");
  }

  void JudgeReveal(const Leaf& reveal) {
    const Leaf* freeze = Only("freeze");
    const Leaf* commitment = Commitment(Field(reveal, "role"));
    if (!freeze || freeze->index > reveal.index) {
      return Say("act-out-of-order", reveal, "a seed was revealed before the freeze");
    }
    if (!commitment || Field(*commitment, "digest") != Field(reveal, "digest") ||
        Field(*commitment, "officer") != Field(reveal, "officer")) {
      Say("act-differs", reveal, "what was revealed is not what was committed to");
    }
    if (!Witnessed(*freeze, reveal, std::nullopt)) {
      Say("not-witnessed-in-time", *freeze,
          "no quorum of witnesses saw the freeze before a reveal");
    }
  }

  void JudgeRelease(const Leaf& made) {
    const Leaf* freeze = Only("freeze");
    if (!freeze || freeze->index > made.index) {
      return Say("act-missing", made, "released without a freeze");
    }
    for (const char* name : {"policy", "codebook"}) {
      if (Field(made, name) != Field(*freeze, name)) {
        Say("act-differs", made, std::string("another ") + name + " than was frozen");
      }
    }
    if (Field(made, "freeze") != Field(*freeze, "digest")) {
      Say("act-differs", made, "made from something else than was frozen");
    }
    std::set<std::string> seeds;
    for (const char* role : {"operator", "auditor"}) {
      if (const Leaf* commitment = Commitment(role)) seeds.insert(Field(*commitment, "digest"));
    }
    const auto revealed = std::count_if(All("seed-reveal").begin(), All("seed-reveal").end(),
                                        [&](const Leaf& one) { return one.index < made.index; });
    if (revealed != 2) Say("act-missing", made, "released without both seeds");
    JudgeCharge(made, *freeze, seeds);
  }

  // Reserved, seen by witnesses, drawn, released: under one binding.
  void JudgeCharge(const Leaf& made, const Leaf& freeze, const std::set<std::string>& seeds) {
    const auto find = [&](const char* kind) -> const Leaf* {
      for (const Leaf& one : All(kind)) {
        if (Field(one, "reservationId") == Field(made, "reservation")) return &one;
      }
      return nullptr;
    };
    const Leaf* reserved = find("reservation");
    const Leaf* committed = find("commit");
    if (!reserved || reserved->index > made.index) {
      return Say("act-missing", made, "released without a charge to the budget");
    }
    if (Field(*reserved, "freezeDigest") != Field(freeze, "digest") || reserved->seeds != seeds) {
      Say("act-differs", *reserved, "the charge is bound to another freeze or to other seeds");
    }
    if (!committed || committed->index > made.index || committed->index < reserved->index) {
      return Say("act-missing", made, "released without its draw being settled");
    }
    if (!Witnessed(*reserved, *committed, std::nullopt)) {
      Say("not-witnessed-in-time", *reserved,
          "no quorum of witnesses saw the charge before a draw");
    }
  }

  // Of one digest, in order. An erasure that nobody proposed is a municipality's or a clock's.
  void JudgeErasure(const std::vector<Leaf>& leaves) {
    release_ = "an erasure";
    const Leaf* proposal = nullptr;
    const Leaf* end = nullptr;
    for (const Leaf& leaf : leaves) {
      const std::string kind = Field(leaf, "kind");
      if (kind == "erasure-proposal") {
        if (proposal || &leaf != &leaves.front()) Say("act-out-of-order", leaf, "proposed late");
        proposal = &leaf;
      } else if (kind == "erasure") {
        if (proposal && (!end || Field(*end, "kind") != "erasure-approval")) {
          Say("act-missing", leaf, "proposed, and done without having been approved");
        }
      } else {
        if (!proposal) Say("act-missing", leaf, "ended without having been proposed");
        if (end) Say("act-out-of-order", leaf, "ended twice");
        end = &leaf;
        if (proposal && kind == "erasure-approval" &&
            Field(leaf, "officer") == Field(*proposal, "officer")) {
          Say("act-differs", leaf, "approved by who proposed it");
        }
      }
    }
  }

  void JudgePublic(const Leaf& shown) {
    const Leaf* made = Only("release");
    if (!made || made->index > shown.index) {
      return Say("act-missing", shown, "public without having been made");
    }
    if (Field(*made, "digest") != Field(shown, "digest")) {
      Say("act-differs", shown, "what became public is not what was made");
    }
    const auto due = base::Instant::Parse(Field(*made, "publicAt"));
    if (!due || shown.at < *due) Say("act-out-of-order", shown, "public before its announced hour");
    for (const Leaf& veto : All("veto")) {
      if (veto.index < shown.index) Say("public-after-veto", shown, "it had been withheld");
    }
    if (!Witnessed(*made, shown, std::nullopt)) {
      Say("not-witnessed-in-time", *made, "no quorum of witnesses saw it before it became public");
    }
  }

  const Acts& acts_;
  const std::vector<GivenOut>& given_out_;
  const crypto::log::LogPolicy& policy_;
  std::vector<base::Problem> problems_;
  std::string release_;
  const Story* story_ = nullptr;
};

std::vector<base::Problem> Acts::Problems(const std::vector<GivenOut>& given_out,
                                          const crypto::log::LogPolicy& policy) const {
  return Judge(*this, given_out, policy).Problems();
}

}  // namespace polder::server::verify
