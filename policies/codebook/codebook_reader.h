// Reading a codebook document: shape first, then what refers to what. Used by
// `Codebook::FromJson` alone.
#ifndef POLDER_POLICIES_CODEBOOK_CODEBOOK_READER_H_
#define POLDER_POLICIES_CODEBOOK_CODEBOOK_READER_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"

namespace polder::policies::codebook {

// Notes the faults of the parts that every list of a codebook has in common.
class CodeReader {
 public:
  explicit CodeReader(base::Problems& problems) : problems_(problems) {}

  Label ReadLabel(base::ObjectReader& object, std::string_view name);
  // "validFrom" and "validTo", both optional; notes a reversed or impossible date.
  Validity ReadValidity(base::ObjectReader& object);
  // "code", "label" and the validity; notes a code that `seen` already holds and remembers its
  // pointer there.
  using Seen = std::map<std::string, std::string, std::less<>>;
  Code ReadCode(base::ObjectReader& object, Seen& seen);
  CodeList ReadCodes(base::ObjectReader& object, std::string_view name);
  // Notes `code` at `pointer` when `known` lacks it.
  void Refer(std::string_view code, const std::string& pointer, const Seen& known,
             std::string_view what);

 private:
  base::Problems& problems_;
};

class CodebookReader {
 public:
  Codebook Read(const base::Json& json);

 private:
  void ReadMunicipalities(base::ObjectReader& document);
  void ReadMemberships(base::ObjectReader& document);
  void ReadKinds(base::ObjectReader& document);
  void ReadAges(base::ObjectReader& document);
  void ReadCaseCodes(base::ObjectReader& document);
  void ReadSizes(base::ObjectReader& document);
  void ReadHierarchies(base::ObjectReader& document);
  void ReadPublicCounts(base::ObjectReader& document);
  void CheckRegionTotals();

  base::Problems problems_;
  CodeReader codes_{problems_};
  Codebook book_;
  CodeReader::Seen municipalities_, duties_, measures_;
};

}  // namespace polder::policies::codebook

#endif  // POLDER_POLICIES_CODEBOOK_CODEBOOK_READER_H_
