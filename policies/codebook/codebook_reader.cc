#include "policies/codebook/codebook_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace polder::policies::codebook {
namespace {

using base::Json;
using base::ObjectReader;

bool IsDigits(std::string_view text, size_t count) {
  return text.size() == count &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool Overlap(const Validity& a, const Validity& b) {
  return (!a.from || !b.to || *a.from <= *b.to) && (!b.from || !a.to || *b.from <= *a.to);
}

// The entries of one owner must not claim the same day twice.
template <typename T>
bool OverlapsLast(std::map<std::string, std::vector<T>, std::less<>>& spans,
                  const std::string& owner, T span) {
  auto& earlier = spans[owner];
  const bool overlap = std::any_of(earlier.begin(), earlier.end(),
                                   [&](const T& other) { return Overlap(other, span); });
  earlier.push_back(std::move(span));
  return overlap;
}

}  // namespace

Codebook Codebook::FromJson(const Json& json) { return CodebookReader().Read(json); }

Codebook CodebookReader::Read(const Json& json) {
  ObjectReader document(json, "", problems_);
  if (document.Text("format") != "polder-codebook-1" && document.Has("format")) {
    document.Fault("wrong-format", "format", "must be \"polder-codebook-1\"");
  }
  book_.id_ = document.Code("id");
  book_.version_ = document.Code("version");
  codes_.ReadLabel(document, "title");
  document.Object("region", [&](ObjectReader& region) {
    CodeReader::Seen seen;
    const Code code = codes_.ReadCode(region, seen);
    book_.region_ = code.code;
    book_.region_label_ = code.label;
  });
  ReadMunicipalities(document);
  ReadMemberships(document);
  ReadAges(document);
  ReadKinds(document);
  ReadCaseCodes(document);
  ReadPublicCounts(document);
  ReadSizes(document);
  ReadHierarchies(document);
  document.Finish();
  problems_.ThrowIfAny();
  CheckRegionTotals();
  problems_.ThrowIfAny();
  book_.canonical_ = base::CanonicalJson(json);
  return std::move(book_);
}

void CodebookReader::ReadMunicipalities(ObjectReader& document) {
  document.Objects("municipalities", [&](ObjectReader& item) {
    Municipality municipality;
    municipality.code = codes_.ReadCode(item, municipalities_);
    municipality.oin = item.Text("oin");
    const std::string& code = municipality.code.code;
    if (!code.empty() && (!code.starts_with("GM") || !IsDigits(code.substr(2), 4))) {
      item.Fault("wrong-code", "code", "must be GM and four digits, as CBS numbers municipalities");
    }
    if (!municipality.oin.empty() && !IsDigits(municipality.oin, 20)) {
      item.Fault("wrong-oin", "oin", "must be the 20 digits of the organisation's OIN");
    } else if (!municipality.oin.empty() &&
               !book_.oin_index_.emplace(municipality.oin, book_.municipalities_.size()).second) {
      item.Fault("duplicate-oin", "oin",
                 "another municipality has this OIN; a certificate must stand for one of them");
    }
    book_.municipality_index_.emplace(code, book_.municipalities_.size());
    book_.municipalities_.push_back(std::move(municipality));
  });
}

void CodebookReader::ReadMemberships(ObjectReader& document) {
  std::map<std::string, std::vector<Validity>, std::less<>> spans;
  document.Objects("memberships", [&](ObjectReader& item) {
    Membership membership{item.Code("municipality"), codes_.ReadValidity(item)};
    codes_.Refer(membership.municipality, item.At("municipality"), municipalities_, "municipality");
    if (item.Has("into")) {
      membership.into = item.Text("into");
      if (membership.into == membership.municipality) {
        item.Fault("into-itself", "into",
                   "a municipality does not go up in itself; name the one that took it over, or "
                   "\"outside\" when it left the region");
      } else if (membership.into != kOutside) {
        codes_.Refer(membership.into, item.At("into"), municipalities_, "municipality");
      }
      if (!membership.valid.to) {
        item.Fault("into-without-end", "into",
                   "a membership that goes on has gone up in nothing; give validTo, or leave this "
                   "out");
      }
    }
    if (OverlapsLast(spans, membership.municipality, membership.valid)) {
      item.Fault("overlapping-membership", "municipality",
                 "this municipality is already a member on some of these days; end the earlier "
                 "membership first");
    }
    book_.memberships_.push_back(std::move(membership));
  });
  for (const auto& [code, pointer] : municipalities_) {
    if (!spans.contains(code)) {
      problems_.Add("no-membership", pointer,
                    "\"" + code +
                        "\" has no entry in memberships, so it could never deliver; add "
                        "one or remove the municipality");
    }
  }
}

void CodebookReader::ReadAges(ObjectReader& document) {
  CodeReader::Seen seen;
  std::vector<Code> codes;
  document.Objects("ageBands", [&](ObjectReader& item) {
    AgeBand band;
    band.code = codes_.ReadCode(item, seen);
    band.from = static_cast<int>(item.Integer("from", 0, 120));
    band.to = static_cast<int>(item.Integer("to", 0, 120));
    if (band.to < band.from) {
      item.Fault("ages-reversed", "to", "the last age lies before the first; swap them");
    } else if (!book_.age_bands_.empty() && band.from <= book_.age_bands_.back().to) {
      item.Fault("overlapping-bands", "from",
                 "this band begins at or before the end of the one above; bands ascend and an age "
                 "has one band");
    } else if (!book_.age_bands_.empty() && band.from > book_.age_bands_.back().to + 1) {
      item.Fault("gap-in-bands", "from",
                 "some ages between this band and the one above have no "
                 "band; let it begin one year after");
    }
    codes.push_back(band.code);
    book_.age_bands_.push_back(std::move(band));
  });
  book_.age_band_codes_ = CodeList(std::move(codes));

  std::map<std::string, std::vector<Validity>, std::less<>> spans;
  document.Objects("ageLimits", [&](ObjectReader& item) {
    AgeLimit limit;
    limit.duty = item.Code("duty");
    limit.from = static_cast<int>(item.Integer("from", 0, 120));
    limit.to = static_cast<int>(item.Integer("to", 0, 120));
    limit.valid = codes_.ReadValidity(item);
    item.Text("source", 1, 400);
    if (limit.to < limit.from) {
      item.Fault("ages-reversed", "to", "the last age lies before the first; swap them");
    }
    if (OverlapsLast(spans, limit.duty, limit.valid)) {
      item.Fault("overlapping-limits", "duty",
                 "this duty already has age limits on some of these days; end the earlier ones");
    }
    duties_.emplace(limit.duty, item.At("duty"));
    book_.age_limits_.push_back(std::move(limit));
  });
}

void CodebookReader::ReadKinds(ObjectReader& document) {
  CodeReader::Seen groups;
  document.Objects("kindGroups", [&](ObjectReader& item) {
    KindGroup group{codes_.ReadCode(item, groups), base::Calendar::kAbsence};
    const std::string calendar = item.Text("calendar");
    if (const auto parsed = base::ParseCalendar(calendar)) {
      group.calendar = *parsed;
    } else if (!calendar.empty()) {
      item.Fault("unknown-calendar", "calendar", "must be \"absence\" or \"vsv\"");
    }
    book_.kind_group_index_.emplace(group.code.code, book_.kind_groups_.size());
    book_.kind_groups_.push_back(std::move(group));
  });

  CodeReader::Seen kinds;
  std::set<std::string, std::less<>> used;
  document.Objects("kinds", [&](ObjectReader& item) {
    Kind kind{codes_.ReadCode(item, kinds), base::Calendar::kAbsence, item.Code("group"),
              item.Texts("duties")};
    codes_.Refer(kind.group, item.At("group"), groups, "kind group");
    if (const KindGroup* group = book_.FindKindGroup(kind.group)) kind.calendar = group->calendar;
    if (item.Has("duties") && kind.duties.empty()) {
      item.Fault("empty-list", "duties", "name the duties whose age limits apply to this kind");
    }
    for (size_t i = 0; i < kind.duties.size(); ++i) {
      codes_.Refer(kind.duties[i], base::Pointer(item.At("duties"), i), duties_,
                   "duty with age limits");
    }
    used.insert(kind.group);
    book_.kind_index_.emplace(kind.code.code, book_.kinds_.size());
    book_.kinds_.push_back(std::move(kind));
  });
  for (const auto& [code, pointer] : groups) {
    if (!used.contains(code)) {
      problems_.Add("empty-group", pointer,
                    "no kind belongs to group \"" + code + "\"; give it one or remove it");
    }
  }
}

void CodebookReader::ReadHierarchies(ObjectReader& document) {
  const std::map<std::string, std::vector<std::string>> known = {
      {"municipality", {"municipality", "sizeClass", "region"}},
      {"kind", {"kind", "kindGroup", "any"}}};
  std::set<std::string, std::less<>> seen;
  document.Objects("hierarchies", [&](ObjectReader& item) {
    Hierarchy hierarchy{item.Code("attribute"), item.Texts("levels")};
    const auto found = known.find(hierarchy.attribute);
    if (!seen.insert(hierarchy.attribute).second) {
      item.Fault("duplicate-code", "attribute", "this attribute already has a hierarchy");
    } else if (found == known.end()) {
      item.Fault("unknown-reference", "attribute", "only municipality and kind have a hierarchy");
    } else if (hierarchy.levels != found->second) {
      item.Fault("wrong-levels", "levels",
                 "must go from the finest level to the coarsest: " + found->second[0] + ", " +
                     found->second[1] + ", " + found->second[2]);
    }
    book_.hierarchies_.push_back(std::move(hierarchy));
  });
}

}  // namespace polder::policies::codebook
