// The name of a release before it exists: "2022SJ-Q3-monitor-1". Seeds are committed for it, its
// freeze and its reservation carry it, and the noise is bound to it.
#ifndef POLDER_SERVER_GOVERN_RELEASE_NAME_H_
#define POLDER_SERVER_GOVERN_RELEASE_NAME_H_

#include <optional>
#include <string>
#include <string_view>

#include "policies/base/period.h"
#include "policies/disclosure/policy.h"

namespace polder::server::govern {

struct ReleaseName {
  base::Period period;
  policies::disclosure::ReleaseKind kind = policies::disclosure::ReleaseKind::kMonitor;
  int number = 1;  // 1 to 999: counts the releases of this period and kind

  std::string Text() const;
  static std::optional<ReleaseName> Parse(std::string_view text);
  // What is wrong with the kind for this period, for people; empty when they fit: monitors are of a
  // quarter, provisional and definitive releases of a school year, vsv releases of a vsv year.
  std::string Mismatch() const;

  friend bool operator==(const ReleaseName&, const ReleaseName&) = default;
};

}  // namespace polder::server::govern

#endif  // POLDER_SERVER_GOVERN_RELEASE_NAME_H_
