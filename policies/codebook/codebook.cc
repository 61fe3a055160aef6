#include "policies/codebook/codebook.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace polder::policies::codebook {
namespace {

template <typename T>
const T* Find(const std::vector<T>& items, const std::map<std::string, size_t, std::less<>>& index,
              std::string_view code) {
  const auto found = index.find(code);
  return found == index.end() ? nullptr : &items[found->second];
}

}  // namespace

CodeList::CodeList(std::vector<Code> codes) : codes_(std::move(codes)) {
  for (size_t i = 0; i < codes_.size(); ++i) index_.emplace(codes_[i].code, i);
}

std::optional<size_t> CodeList::IndexOf(std::string_view code) const {
  const auto found = index_.find(code);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

bool CodeList::ValidIn(std::string_view code, const base::Period& period) const {
  const auto index = IndexOf(code);
  return index && codes_[*index].valid.Touches(period);
}

const Municipality* Codebook::FindMunicipality(std::string_view code) const {
  return Find(municipalities_, municipality_index_, code);
}

const Municipality* Codebook::MunicipalityOfOin(std::string_view oin) const {
  return Find(municipalities_, oin_index_, oin);
}

std::vector<std::string> Codebook::MembersIn(const base::Period& period) const {
  std::vector<bool> member(municipalities_.size(), false);
  for (const Membership& membership : memberships_) {
    if (membership.valid.Touches(period)) {
      member[municipality_index_.find(membership.municipality)->second] = true;
    }
  }
  std::vector<std::string> codes;
  for (size_t i = 0; i < municipalities_.size(); ++i) {
    if (member[i]) codes.push_back(municipalities_[i].code.code);
  }
  return codes;
}

std::map<std::string, std::string> Codebook::Redivisions() const {
  std::map<std::string, std::string> into;
  for (const Membership& membership : memberships_) {
    if (!membership.into.empty()) into[membership.municipality] = membership.into;
  }
  return into;
}

const Kind* Codebook::FindKind(std::string_view code) const {
  return Find(kinds_, kind_index_, code);
}

const KindGroup* Codebook::FindKindGroup(std::string_view code) const {
  return Find(kind_groups_, kind_group_index_, code);
}

std::vector<std::string> Codebook::KindGroupsIn(const base::Period& period) const {
  std::vector<std::string> codes;
  for (const KindGroup& group : kind_groups_) {
    if (group.calendar == period.calendar() && group.code.valid.Touches(period)) {
      codes.push_back(group.code.code);
    }
  }
  return codes;
}

const AgeBand* Codebook::BandOfAge(int years) const {
  for (const AgeBand& band : age_bands_) {
    if (band.from <= years && years <= band.to) return &band;
  }
  return nullptr;
}

bool Codebook::IsAdministrative(std::string_view opened_by, std::string_view outcome) const {
  return opened_by == administrative_opened_by_ && outcome == administrative_outcome_;
}

bool Codebook::IsReport(std::string_view opened_by) const {
  return std::find(report_opened_by_.begin(), report_opened_by_.end(), opened_by) !=
         report_opened_by_.end();
}

bool Codebook::AgePossible(const Kind& kind, const AgeBand& band,
                           const base::Period& period) const {
  return std::any_of(age_limits_.begin(), age_limits_.end(), [&](const AgeLimit& limit) {
    return limit.valid.Touches(period) && limit.from <= band.to && band.from <= limit.to &&
           std::find(kind.duties.begin(), kind.duties.end(), limit.duty) != kind.duties.end();
  });
}

const SizeClass* Codebook::SizeClassOf(std::string_view municipality, int reference_year) const {
  const auto count = FindPublicCount(size_measure_, municipality, reference_year);
  if (!count) return nullptr;
  for (const SizeClass& size : size_classes_) {
    if (size.from <= count->count && (!size.to || count->count <= *size.to)) return &size;
  }
  return nullptr;
}

std::optional<PublicCount> Codebook::FindPublicCount(std::string_view measure,
                                                     std::string_view municipality,
                                                     int reference_year) const {
  const auto wanted = std::make_tuple(measure, municipality, reference_year);
  const auto key = [](const PublicCount& count) {
    return std::tuple<std::string_view, std::string_view, int>(count.measure, count.municipality,
                                                               count.reference_year);
  };
  const auto found = std::lower_bound(
      public_counts_.begin(), public_counts_.end(), wanted,
      [&](const PublicCount& count, const auto& value) { return key(count) < value; });
  if (found == public_counts_.end() || key(*found) != wanted) return std::nullopt;
  return *found;
}

}  // namespace polder::policies::codebook
