#include "stats/table/release_header.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "policies/base/bytes.h"

namespace polder::stats::table {
namespace {

constexpr size_t kDigestLength = 64;  // sha256, hex

std::string Digest(base::ObjectReader& object, std::string_view name, size_t least = 1) {
  std::string text = object.Text(name, least);
  const bool lower =
      std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  if (!text.empty() && (text.size() != kDigestLength || !lower || !base::FromHex(text))) {
    object.Fault("malformed-digest", name, "must be a sha256 in 64 lower-case hex digits");
  }
  return text;
}

Reference ReadReference(base::ObjectReader& object, std::string_view name) {
  Reference reference;
  object.Object(name, [&](base::ObjectReader& inner) {
    reference.id = inner.Code("id");
    reference.version = inner.Code("version");
    reference.digest = Digest(inner, "digest");
    inner.Finish();
  });
  return reference;
}

template <size_t N>
std::string OneOf(base::ObjectReader& object, std::string_view name,
                  const std::array<std::string_view, N>& allowed) {
  std::string text = object.Text(name);
  if (!text.empty() && std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
    std::string list;
    for (const std::string_view one : allowed)
      list += (list.empty() ? "" : ", ") + std::string(one);
    object.Fault("unknown-code", name, "must be one of: " + list);
  }
  return text;
}

base::Instant ReadInstant(base::ObjectReader& object, std::string_view name) {
  const std::string text = object.Text(name);
  const auto instant = base::Instant::Parse(text);
  if (!text.empty() && !instant) {
    object.Fault("malformed-instant", name, "must be an instant like 2023-10-01T06:00:00Z");
  }
  return instant.value_or(base::Instant{});
}

// A decimal text that stays text: what was charged is quoted, not recomputed. Nothing is charged
// for exact counts, so it may be nought; PublishedRelease sees to it that nothing else is.
std::string Charge(base::ObjectReader& object, std::string_view name) {
  std::string text = object.Text(name);
  const auto number = base::ParseRational(text);
  if (!text.empty() && (!number || *number < 0)) {
    object.Fault("malformed-number", name, "must be an exact number, not negative, as text");
  }
  return text;
}

// A positive decimal text that stays text.
std::string Positive(base::ObjectReader& object, std::string_view name) {
  std::string text = object.Text(name);
  const auto number = base::ParseRational(text);
  if (!text.empty() && (!number || *number <= 0)) {
    object.Fault("malformed-number", name, "must be an exact number above 0, as text");
  }
  return text;
}

std::vector<Member> ReadMembers(base::ObjectReader& object, base::Problems& problems) {
  std::vector<Member> members;
  std::set<std::string> seen;
  object.Array("members", [&](const base::Json& item, const std::string& pointer) {
    base::ObjectReader reader(item, pointer, problems);
    Member member;
    member.municipality = reader.Code("municipality");
    member.delivered = reader.Boolean("delivered");
    member.conversion = reader.Boolean("conversion");
    member.deliveries_digest = Digest(reader, "deliveriesDigest", 0);
    reader.Finish();
    if (!member.deliveries_digest.empty() && !member.delivered) {
      reader.Fault("digest-without-delivery", "deliveriesDigest",
                   "must be empty for a member that did not deliver");
    }
    if (!member.municipality.empty() && !seen.insert(member.municipality).second) {
      reader.Fault("repeated-code", "municipality", "a member is listed twice; remove one");
    }
    members.push_back(std::move(member));
  });
  return members;
}

// What it comes to for two tokens is no free statement: it is four times the charge.
void ReadTwoIdentifiers(base::ObjectReader& object, ReleaseHeader& header) {
  if (!object.Has("twoIdentifiers")) return;
  object.Object("twoIdentifiers", [&](base::ObjectReader& inner) {
    header.rho_two_identifiers = Charge(inner, "rho");
    header.epsilon_two_identifiers = Charge(inner, "epsilon");
    const auto once = base::ParseRational(header.rho);
    const auto twice = base::ParseRational(header.rho_two_identifiers);
    if (once && twice && *twice != *once * 4) {
      inner.Fault("wrong-charge", "rho",
                  "two tokens that count for the same cost four times one: must be 4 rho");
    }
    inner.Finish();
  });
}

}  // namespace

ReleaseHeader ReadReleaseHeader(base::ObjectReader& object, base::Problems& problems) {
  ReleaseHeader header;
  header.release_id = object.Code("releaseId");
  header.region = object.Code("region");
  const std::string period = object.Text("period");
  const auto parsed = base::Period::Parse(period);
  if (!period.empty() && !parsed) {
    object.Fault("malformed-period", "period", "must be a period like 2022SJ or 2022VSV-Q1");
  }
  header.period = parsed.value_or(base::Period{});
  header.kind = OneOf<5>(object, "kind", {"monitor", "provisional", "definitive", "vsv", "slice"});
  header.origin = OneOf<2>(object, "origin", {"region", "office"});
  header.demo = object.Boolean("demo");
  header.policy = ReadReference(object, "policy");
  header.codebook = ReadReference(object, "codebook");
  header.freeze_digest = Digest(object, "freezeDigest");
  header.plan_digest = Digest(object, "planDigest");
  header.reservation_id = object.Text("reservationId");
  header.seed_commitments = object.Texts("seedCommitments");
  header.rho = Charge(object, "rho");
  header.epsilon = Charge(object, "epsilon");
  header.delta = Positive(object, "delta");
  ReadTwoIdentifiers(object, header);
  if (object.Has("halfWidthShare")) {
    header.half_width_share = base::ParseRational(Positive(object, "halfWidthShare"));
  }
  if (object.Has("minRateDenominator")) {
    header.min_rate_denominator = object.Integer("minRateDenominator", 1, 1'000'000);
  }
  header.made_at = ReadInstant(object, "madeAt");
  header.public_at = ReadInstant(object, "publicAt");
  if (header.public_at < header.made_at) {
    object.Fault("reversed-dates", "publicAt", "a release cannot be public before it was made");
  }
  header.members = ReadMembers(object, problems);
  header.audit_digest = Digest(object, "auditDigest");
  header.min_hidden_sd = object.Text("minHiddenSd", 0);
  if (!header.min_hidden_sd.empty() && !base::ParseRational(header.min_hidden_sd)) {
    object.Fault("malformed-number", "minHiddenSd", "must be a decimal number as text, or empty");
  }
  object.Finish();
  return header;
}

}  // namespace polder::stats::table
