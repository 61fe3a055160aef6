// Size classes: which municipalities a policy puts together, by public pupil counts.
//
// A class is fixed before any data are seen: bounds of the policy (`peers.classLimits`), counts of
// the codebook. So it is as public as both, and pinned with them by everything that names their
// digests: the approval, the freeze, the plan and the salt of the noise.
#ifndef POLDER_POLICIES_DISCLOSURE_SIZE_CLASSES_H_
#define POLDER_POLICIES_DISCLOSURE_SIZE_CLASSES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/period.h"
#include "policies/disclosure/policy.h"

namespace polder::policies::disclosure {

struct SizeClasses {
  // By size, only those that hold somebody: "under-4000", "4000-6999", "7000-up". A code says its
  // bounds, so that equal codes under two policies mean the same.
  std::vector<std::string> codes;
  std::vector<size_t> class_of;  // per member
};

// The classes of the region's members. Counts are the codebook's count for size classes, of the
// policy's `peers.classYear` or else of the year in which the period starts. Throws ProblemError
// with every fault: "no-public-count" for a member without one; "one-class" when there is no
// second; "class-too-small" when a member of a class has fewer others in it than
// `peers.minMembers`; "class-too-lopsided" when one holds more of its class's pupils than
// `peers.largestShare`.
SizeClasses SizeClassesOf(const Policy& policy, const codebook::Codebook& codebook,
                          const base::Period& period, const std::vector<std::string>& members);

// The same rules for those that delivered: a class of which too few did would be called peers and
// be one or two municipalities. Asked before anything is spent. A class of which nobody delivered
// has no figure and is left out. Throws ProblemError "class-incomplete", once per class.
void RequirePeersDelivered(const Policy& policy, const codebook::Codebook& codebook,
                           const base::Period& period, const std::vector<std::string>& members,
                           const std::vector<std::string>& delivered);

// What a class's code says, in words: "gemeenten met 4000 tot en met 6999 leerlingen". nullopt when
// it is no code of a class.
std::optional<codebook::Label> SizeClassLabel(std::string_view code);

// True when some table of the policy crosses size classes.
bool HasSizeClasses(const Policy& policy);

}  // namespace polder::policies::disclosure

#endif  // POLDER_POLICIES_DISCLOSURE_SIZE_CLASSES_H_
