#include "policies/disclosure/policy_reader.h"

#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/disclosure/known.h"

namespace polder::policies::disclosure {

using base::Json;
using base::ObjectReader;
using base::Rational;

Policy Policy::FromJson(const Json& json, const codebook::Codebook& codebook) {
  return PolicyReader(codebook).Read(json);
}

Policy PolicyReader::Read(const Json& json) {
  ObjectReader document(json, "", problems_);
  if (document.Text("format") != "polder-policy-1" && document.Has("format")) {
    document.Fault("wrong-format", "format", "must be \"polder-policy-1\"");
  }
  policy_.id_ = document.Code("id");
  policy_.version_ = document.Code("version");
  policy_.author_ = document.Text("author", 1, 200);
  document.Object("title", [&](ObjectReader& title) {
    policy_.title_ = {title.Text("nl", 1, 200), title.Text("en", 1, 200)};
  });
  policy_.codebook_id_ = document.Code("codebook");
  if (!policy_.codebook_id_.empty() && policy_.codebook_id_ != codebook_.id()) {
    document.Fault("unknown-codebook", "codebook",
                   "this policy is for codebook \"" + policy_.codebook_id_ +
                       "\", but it is read "
                       "with \"" +
                       codebook_.id() + "\"; give the right codebook or correct the name");
  }
  document.Text("mechanism");
  mechanism_ = ReadMechanism(document, Mechanism::kNoise);
  policy_.max_kinds_ = static_cast<int>(document.Integer("maxKinds", 1, 5));
  ReadMeasures(document);
  ReadSuppression(document);
  ReadBudget(document);
  ReadKindRules(document);
  ReadJudgement(document);
  ReadPeers(document);
  ReadKnownTables(document, &policy_, &codebook_, problems_);  // for its faults
  DerivePupils(document);  // last: a budget line names measures of the document only
  document.Finish();
  problems_.ThrowIfAny();
  policy_.canonical_ = base::CanonicalJson(json);
  return std::move(policy_);
}

Rational PolicyReader::Number(ObjectReader& object, std::string_view name, const Rational& above,
                              const Rational& largest) {
  const Rational value = object.Fraction(name);
  const Json& raw = object.Raw(name);
  const bool readable = raw.is_string() && base::ParseRational(raw.get_ref<const std::string&>());
  if (readable && (value <= above || value > largest)) {
    object.Fault(
        "out-of-range", name,
        "must be more than " + base::ToText(above) + " and at most " + base::ToText(largest));
    return largest;
  }
  return value;
}

base::NanoRho PolicyReader::Amount(ObjectReader& object, std::string_view name) {
  const Rational value = Number(object, name, 0, 10);
  const base::NanoRho cost = base::NanoRho::CostOf(value);
  if (cost.rho() != value) {
    object.Fault("not-in-nano-rho", name,
                 "the ledger counts billionths of rho; give at most nine decimals");
  }
  return cost;
}

void PolicyReader::ReadKindRules(ObjectReader& document) {
  document.Object("kindRules", [&](ObjectReader& rules) {
    rules.Object("default", [&](ObjectReader& rule) {
      policy_.default_rule_ = {"", rule.Integer("threshold", 1, 1000), false};
    });
    std::set<std::string, std::less<>> seen;
    rules.Objects(
        "groups",
        [&](ObjectReader& item) {
          KindRule rule{item.Code("group"), item.Integer("threshold", 1, 1000),
                        item.OptionalBoolean("regionOnly").value_or(false)};
          if (!rule.group.empty() && codebook_.FindKindGroup(rule.group) == nullptr) {
            item.Fault("unknown-code", "group",
                       "\"" + rule.group + "\" is not a kind group of the codebook");
          } else if (!rule.group.empty() && !seen.insert(rule.group).second) {
            item.Fault("duplicate-rule", "group", "this kind group already has its rule");
          }
          policy_.kind_rules_.push_back(std::move(rule));
        },
        true);
  });
}

void PolicyReader::ReadJudgement(ObjectReader& document) {
  document.Object("precision", [&](ObjectReader& precision) {
    policy_.precision_ = {Number(precision, "halfWidthShare", 0, 10),
                          precision.Integer("minRateDenominator", 1, 1'000'000)};
  });
  document.Object("audit", [&](ObjectReader& audit) {
    policy_.audit_ = {Number(audit, "minHiddenSd", 0, 100)};
  });
  policy_.embargo_seconds_ = document.Integer("embargoDays", 0, 365) * 86'400;
  policy_.retention_months_ = static_cast<int>(document.Integer("retentionMonths", 1, 60));
  policy_.approvals_needed_ = static_cast<int>(document.Integer("approvalsNeeded", 0, 5));
  if (document.Raw("approvalsNeeded").is_number_integer() && policy_.approvals_needed_ < 2) {
    document.Fault("four-eyes", "approvalsNeeded",
                   "a policy needs the approval of at least two people; give 2 or more");
  }
}

void PolicyReader::ReadPeers(ObjectReader& document) {
  document.Object("peers", [&](ObjectReader& peers) {
    policy_.peers_.min_members = static_cast<int>(peers.Integer("minMembers", 0, 100));
    if (peers.Raw("minMembers").is_number_integer() && policy_.peers_.min_members < 3) {
      peers.Fault("too-few-members", "minMembers",
                  "a peer group needs at least three other members, because a member knows its own "
                  "figures; give 3 or more");
    }
    policy_.peers_.largest_share = Number(peers, "largestShare", 0, 1);
    bool any = false;
    peers.Array("classLimits", [&](const Json& item, const std::string& pointer) {
      any = true;
      const bool whole = item.is_number_integer() && item > 0 && item <= 20'000'000;
      if (!whole) {
        problems_.Add("out-of-range", pointer, "must be a whole number from 1 to 20000000");
        return;
      }
      const auto limit = item.get<int64_t>();
      auto& limits = policy_.peers_.class_limits;
      if (!limits.empty() && limit <= limits.back()) {
        problems_.Add("not-ascending", pointer,
                      "class limits go up; this one is not above the "
                      "one before");
      }
      limits.push_back(limit);
    });
    if (const auto year = peers.OptionalInteger("classYear", 1990, 2200)) {
      policy_.peers_.class_year = static_cast<int>(*year);
    }
    if (peers.Has("classLimits") && !any) {
      peers.Fault("empty-list", "classLimits", "name at least one limit between size classes");
    }
  });
}

}  // namespace polder::policies::disclosure
