// The yearly comparison as a page of text: for each municipality and the region, the figures of
// every year per kind.
//
// Made from downloaded releases and the codebook's public counts only: whoever has those can print
// it again.
#ifndef POLDER_SERVER_CLI_YEARLY_H_
#define POLDER_SERVER_CLI_YEARLY_H_

#include <string>
#include <vector>

#include "policies/base/period.h"
#include "policies/codebook/codebook.h"
#include "stats/compare/compare.h"
#include "stats/table/published_release.h"

namespace polder::server::cli {

struct YearlyOptions {
  std::vector<std::string> kinds;  // kind groups, in the order shown
  int about = 0;  // start year that the closing sentences are about; 0: the last one
  stats::compare::Language language = stats::compare::Language::kDutch;
};

// UTF-8, lines ending in newlines. Every municipality of the codebook has a line for every kind and
// a mark for every year, also when there is no number.
std::string YearlyPage(const std::vector<stats::table::PublishedRelease>& releases,
                       const policies::codebook::Codebook& codebook, const YearlyOptions& options);

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_YEARLY_H_
