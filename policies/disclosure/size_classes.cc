#include "policies/disclosure/size_classes.h"

#include <algorithm>
#include <map>

#include "policies/base/problem.h"
#include "policies/base/rational.h"

namespace polder::policies::disclosure {
namespace {

constexpr std::string_view kUnder = "under-";
constexpr std::string_view kUp = "-up";

std::string CodeOf(const std::vector<int64_t>& limits, size_t at) {
  if (at == 0) return std::string(kUnder) + std::to_string(limits.front());
  const std::string from = std::to_string(limits[at - 1]);
  return from + (at == limits.size() ? std::string(kUp) : "-" + std::to_string(limits[at] - 1));
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 9 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsLopsided(const PeerRule& rule, const std::vector<int64_t>& counts) {
  base::Integer sum = 0;
  for (const int64_t count : counts) sum += base::ToInteger(count);
  const base::Integer largest = base::ToInteger(*std::max_element(counts.begin(), counts.end()));
  return base::Rational(largest) > rule.largest_share * base::Rational(sum);
}

// The policy's own rules for a peer group.
void CheckPeers(const PeerRule& rule, const std::string& code, const std::vector<int64_t>& counts,
                base::Problems& problems) {
  const size_t others = counts.size() - 1;
  if (others < static_cast<size_t>(rule.min_members)) {
    problems.Add("class-too-small", "/peers/classLimits",
                 "size class " + code + " holds " + std::to_string(counts.size()) +
                     " municipalities, so that each has " + std::to_string(others) +
                     " others and not " + std::to_string(rule.min_members) +
                     "; move the limits, or leave size classes out of the tables");
  }
  if (IsLopsided(rule, counts)) {
    problems.Add("class-too-lopsided", "/peers/classLimits",
                 "one municipality holds more of the pupils of size class " + code + " than " +
                     base::ToText(rule.largest_share) + "; move the limits");
  }
}

}  // namespace

SizeClasses SizeClassesOf(const Policy& policy, const codebook::Codebook& codebook,
                          const base::Period& period, const std::vector<std::string>& members) {
  const PeerRule& rule = policy.peers();
  const int year = rule.class_year.value_or(period.year().start());
  base::Problems problems;
  std::map<size_t, std::vector<int64_t>> counts;  // by place among the limits
  std::vector<size_t> places;
  for (const std::string& member : members) {
    const auto count = codebook.FindPublicCount(codebook.size_measure(), member, year);
    if (!count) {
      problems.Add("no-public-count", "/peers",
                   "the codebook has no " + codebook.size_measure() + " of " + member + " for " +
                       std::to_string(year) +
                       ", so its size class is not known; add the count, or name another "
                       "peers.classYear");
      continue;
    }
    const auto above =
        std::upper_bound(rule.class_limits.begin(), rule.class_limits.end(), count->count);
    places.push_back(static_cast<size_t>(above - rule.class_limits.begin()));
    counts[places.back()].push_back(count->count);
  }
  problems.ThrowIfAny();
  SizeClasses classes;
  std::map<size_t, size_t> position;
  for (const auto& [place, of_class] : counts) {
    position[place] = classes.codes.size();
    classes.codes.push_back(CodeOf(rule.class_limits, place));
    CheckPeers(rule, classes.codes.back(), of_class, problems);
  }
  if (counts.size() == 1) {
    problems.Add(
        "one-class", "/peers/classLimits",
        "all municipalities lie in one size class, whose figures are the region's; move the "
        "limits, or leave size classes out of the tables");
  }
  for (const size_t place : places) classes.class_of.push_back(position.at(place));
  problems.ThrowIfAny();
  return classes;
}

void RequirePeersDelivered(const Policy& policy, const codebook::Codebook& codebook,
                           const base::Period& period, const std::vector<std::string>& members,
                           const std::vector<std::string>& delivered) {
  const PeerRule& rule = policy.peers();
  const SizeClasses classes = SizeClassesOf(policy, codebook, period, members);
  const int year = rule.class_year.value_or(period.year().start());
  std::vector<std::vector<int64_t>> counts(classes.codes.size());
  for (size_t i = 0; i < members.size(); ++i) {
    if (std::find(delivered.begin(), delivered.end(), members[i]) == delivered.end()) continue;
    counts[classes.class_of[i]].push_back(
        codebook.FindPublicCount(codebook.size_measure(), members[i], year)->count);
  }
  base::Problems problems;
  for (size_t c = 0; c < counts.size(); ++c) {
    if (counts[c].empty()) continue;
    const bool few = counts[c].size() <= static_cast<size_t>(rule.min_members);
    if (!few && !IsLopsided(rule, counts[c])) continue;
    problems.Add("class-incomplete", "/peers",
                 "of size class " + classes.codes[c] + " only " + std::to_string(counts[c].size()) +
                     " municipalities delivered, which are no peer group by the policy; wait for "
                     "the others, or release under a policy without size classes");
  }
  problems.ThrowIfAny();
}

std::optional<codebook::Label> SizeClassLabel(std::string_view code) {
  const auto label = [](const std::string& dutch, const std::string& english) {
    return codebook::Label{"gemeenten met " + dutch + " leerlingen",
                           "municipalities with " + english + " pupils"};
  };
  if (code.starts_with(kUnder) && IsNumber(code.substr(kUnder.size()))) {
    const std::string limit(code.substr(kUnder.size()));
    return label("minder dan " + limit, "fewer than " + limit);
  }
  const size_t dash = code.find('-');
  if (dash == std::string_view::npos || !IsNumber(code.substr(0, dash))) return std::nullopt;
  const std::string from(code.substr(0, dash));
  if (code.substr(dash) == kUp) return label(from + " of meer", from + " or more");
  const std::string to(code.substr(dash + 1));
  if (!IsNumber(to)) return std::nullopt;
  return label(from + " tot en met " + to, from + " to " + to);
}

bool HasSizeClasses(const Policy& policy) {
  return std::any_of(policy.measures().begin(), policy.measures().end(), [](const Measure& one) {
    return std::any_of(one.tables.begin(), one.tables.end(), [](const TableSpec& table) {
      return std::find(table.attributes.begin(), table.attributes.end(), Attribute::kSizeClass) !=
             table.attributes.end();
    });
  });
}

}  // namespace polder::policies::disclosure
