// The handler of comparisons between years.
#ifndef POLDER_SERVER_READERS_COMPARISON_ROUTES_H_
#define POLDER_SERVER_READERS_COMPARISON_ROUTES_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "policies/codebook/codebook.h"
#include "server/http/message.h"
#include "server/readers/shelf.h"
#include "stats/compare/compare.h"

namespace polder::server::readers {

// Remembers the comparisons of the releases that are public now. They are a function of those
// releases alone, so a new or withdrawn release empties the memory. Thread-safe.
class ComparisonShelf {
 public:
  using Comparisons = std::shared_ptr<const std::vector<stats::compare::Comparison>>;

  ComparisonShelf(const policies::codebook::Codebook& codebook,
                  stats::compare::CompareOptions options)
      : codebook_(codebook), options_(static_cast<stats::compare::CompareOptions&&>(options)) {}
  // Over the releases of whole years given.
  Comparisons Of(const std::vector<ItemPtr>& items);

 private:
  const policies::codebook::Codebook& codebook_;
  stats::compare::CompareOptions options_;
  std::mutex mutex_;
  std::map<std::string, Comparisons> known_;  // by the digests of the releases, in order
};

http::Response GetComparisons(const http::Request& request, Shelf& shelf,
                              const policies::codebook::Codebook& codebook,
                              ComparisonShelf& comparisons);

}  // namespace polder::server::readers

#endif  // POLDER_SERVER_READERS_COMPARISON_ROUTES_H_
