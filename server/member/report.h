// How the member program tells faults: lines for people, or JSON.
#ifndef POLDER_SERVER_MEMBER_REPORT_H_
#define POLDER_SERVER_MEMBER_REPORT_H_

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/problem.h"
#include "server/member/prepare.h"

namespace polder::server::member {

// "regel 12, kolom 3 (BSN): …" or "line 12, column 3 (BSN): …".
std::string FaultLine(const base::Problem& problem, Language language);

// A line per problem, or one JSON object {"errors": […]}.
void ReportFaults(const std::vector<base::Problem>& problems, Language language, bool json,
                  std::ostream& out);

// 3 when the first problem is about files, network or the installation; else 1.
int StatusOf(const base::ProblemError& error);

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_REPORT_H_
