// The codebook: every code that may occur in a delivery or a release, what it means, and when it
// was valid.
//
// It is data (policies/data/codebooks/*.json, docs/formats/codebook.md), versioned and dated,
// because the law, the regions and the case systems change while the series must go on. A
// `Codebook` that exists is valid and complete.
#ifndef POLDER_POLICIES_CODEBOOK_CODEBOOK_H_
#define POLDER_POLICIES_CODEBOOK_CODEBOOK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/json.h"
#include "policies/base/period.h"

namespace polder::policies::codebook {

struct Label {
  std::string nl;
  std::string en;
};

// When a code may be used; open ends are absent.
struct Validity {
  std::optional<base::Date> from;
  std::optional<base::Date> to;  // last day, inclusive

  // True when some day of the period is covered.
  bool Touches(const base::Period& period) const {
    return (!from || *from <= period.Last()) && (!to || period.First() <= *to);
  }
};

struct Code {
  std::string code;
  Label label;
  Validity valid;
};

// An ordered list of codes. The order is the codebook's and is what "code order" means in bounding
// rules.
class CodeList {
 public:
  CodeList() = default;
  explicit CodeList(std::vector<Code> codes);

  const std::vector<Code>& codes() const { return codes_; }
  size_t size() const { return codes_.size(); }
  const Code& at(size_t index) const { return codes_.at(index); }
  std::optional<size_t> IndexOf(std::string_view code) const;
  bool Has(std::string_view code) const { return IndexOf(code).has_value(); }
  // True when the code exists and covers some day of the period.
  bool ValidIn(std::string_view code, const base::Period& period) const;

 private:
  std::vector<Code> codes_;
  std::map<std::string, size_t, std::less<>> index_;
};

// What a case is about: AV, R16, LRV, …. Its group is the level of detail at which it may be
// published at all, and gives it its calendar.
struct Kind {
  Code code;
  base::Calendar calendar;
  std::string group;                // a code of kind_groups()
  std::vector<std::string> duties;  // whose age limits bound who can have such a case
};

struct KindGroup {
  Code code;
  base::Calendar calendar;
};

// Whole years of age on the day a case opened, `from` and `to` inclusive.
struct AgeBand {
  Code code;
  int from;
  int to;
};

struct Municipality {
  Code code;        // GMnnnn (CBS), name as label
  std::string oin;  // the organisation number in its client certificate (Logius OIN, 20 digits)
};

// A dated edge of the region: reorganisations are entries, never edits.
struct Membership {
  std::string municipality;
  Validity valid;
  // Where its cases went when the membership ended: the municipality that it went up in, kOutside
  // when it left the region with all of them, empty when that is not stated.
  std::string into = {};
};
constexpr std::string_view kOutside = "outside";

// The ages at which the law applies, dated because bills move them. Source: Leerplichtwet art. 3,
// 4a, 4b; WVO 2020 (Doorstroompunt).
struct AgeLimit {
  std::string duty;  // "compulsory", "qualification", "transfer", "earlyLeaving", …
  int from;
  int to;
  Validity valid;
};

// A class of municipalities by a public count, `from` and `to` inclusive; the last has no upper
// end.
struct SizeClass {
  Code code;
  int64_t from;
  std::optional<int64_t> to;
};

// From the finest level to the coarsest: municipality, sizeClass, region; kind, kindGroup, any.
struct Hierarchy {
  std::string attribute;
  std::vector<std::string> levels;
};

// A public, exact count used as a denominator or for peer groups; never noised, never derived from
// cases.
struct PublicCount {
  std::string measure;       // "inhabitants5to17", "participants12to22", …
  std::string municipality;  // or the region's code
  int reference_year;        // 1 January or 1 October of this year, as the measure says
  int64_t count;
  std::string source;
};

// Immutable after reading; safe to share between threads.
class Codebook {
 public:
  // Throws ProblemError with every fault of the document, by JSON pointer.
  static Codebook FromJson(const base::Json& json);

  const std::string& id() const { return id_; }
  const std::string& version() const { return version_; }
  // RFC 8785 form of the document it was read from: what is hashed, signed and logged.
  const std::string& canonical() const { return canonical_; }

  const std::string& region() const { return region_; }  // "RMC10"
  const Label& region_label() const { return region_label_; }
  const std::vector<Municipality>& municipalities() const { return municipalities_; }
  const Municipality* FindMunicipality(std::string_view code) const;
  const Municipality* MunicipalityOfOin(std::string_view oin) const;
  // Codes of the region's members in some day of the period, in codebook order.
  std::vector<std::string> MembersIn(const base::Period& period) const;
  // Of every municipality whose membership ended, where its cases went, as far as it is stated: a
  // municipality, or kOutside.
  std::map<std::string, std::string> Redivisions() const;

  const std::vector<Kind>& kinds() const { return kinds_; }
  const Kind* FindKind(std::string_view code) const;
  const std::vector<KindGroup>& kind_groups() const { return kind_groups_; }
  const KindGroup* FindKindGroup(std::string_view code) const;
  // Codes of the calendar's groups that are valid in the period, in codebook order.
  std::vector<std::string> KindGroupsIn(const base::Period& period) const;

  const std::vector<AgeBand>& age_bands() const { return age_bands_; }
  const AgeBand* BandOfAge(int years) const;
  const CodeList& age_band_codes() const { return age_band_codes_; }
  const CodeList& levels() const { return levels_; }
  const CodeList& groups() const { return groups_; }
  const CodeList& opened_by() const { return opened_by_; }
  const CodeList& outcomes() const { return outcomes_; }
  const CodeList& durations() const { return durations_; }
  const CodeList& units() const { return units_; }  // persons, reports, processes

  // True for a process that a four-week rule opened and an administrative check closed: the
  // artefact that makes absolute absence jump when many pupils wait for enrolment (derived case
  // attribute "administrative", codes "yes" and "no").
  bool IsAdministrative(std::string_view opened_by, std::string_view outcome) const;
  const CodeList& administrative() const { return administrative_; }

  // True for a process that began with a report of a school or of the education agency: the unit
  // "reports" counts these.
  bool IsReport(std::string_view opened_by) const;

  const std::vector<AgeLimit>& age_limits() const { return age_limits_; }
  // True when somebody of the band can have a case of the kind: the band shares an age with a limit
  // of one of the kind's duties that is valid in some day of the period.
  bool AgePossible(const Kind& kind, const AgeBand& band, const base::Period& period) const;

  const std::vector<SizeClass>& size_classes() const { return size_classes_; }
  const std::string& size_measure() const { return size_measure_; }
  // The class of the public count of `size_measure` in that reference year, or nullptr when there
  // is no such count.
  const SizeClass* SizeClassOf(std::string_view municipality, int reference_year) const;
  const std::vector<Hierarchy>& hierarchies() const { return hierarchies_; }
  // The exact public count, or nullopt when the codebook has none for that year.
  std::optional<PublicCount> FindPublicCount(std::string_view measure,
                                             std::string_view municipality,
                                             int reference_year) const;
  const std::vector<PublicCount>& public_counts() const { return public_counts_; }

 private:
  friend class CodebookReader;
  Codebook() = default;

  std::string id_, version_, canonical_, region_;
  Label region_label_;
  std::vector<Municipality> municipalities_;
  std::vector<Membership> memberships_;
  std::vector<Kind> kinds_;
  std::vector<KindGroup> kind_groups_;
  std::vector<AgeBand> age_bands_;
  CodeList age_band_codes_, levels_, groups_, opened_by_, outcomes_, durations_, units_,
      administrative_;
  std::string administrative_opened_by_, administrative_outcome_;
  std::vector<std::string> report_opened_by_;
  std::vector<AgeLimit> age_limits_;
  std::vector<SizeClass> size_classes_;
  std::string size_measure_;
  std::vector<Hierarchy> hierarchies_;
  std::vector<PublicCount> public_counts_;  // ordered by measure, municipality, year
  std::map<std::string, size_t, std::less<>> municipality_index_, oin_index_, kind_index_,
      kind_group_index_;
};

}  // namespace polder::policies::codebook

#endif  // POLDER_POLICIES_CODEBOOK_CODEBOOK_H_
