// From the text fields of a line to a case, with every fault of the line.
#ifndef POLDER_STATS_CASES_CASE_CHECK_H_
#define POLDER_STATS_CASES_CASE_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/period.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "stats/cases/case.h"
#include "stats/cases/case_line.h"

namespace polder::stats::cases {

class CaseChecker {
 public:
  // Without a period (the manifest has none that can be read) what depends on it is not checked.
  // `codebook` and `problems` must outlive this.
  CaseChecker(const policies::codebook::Codebook& codebook, std::optional<base::Period> period,
              base::Problems& problems);

  // The case of the line, with zeros where a field is faulty; faults are noted under `number`.
  Case Check(const CaseLine& line, uint64_t number);

 private:
  // What the codebook and the period say about each code of a list.
  struct Codes {
    const policies::codebook::CodeList* list;
    std::vector<bool> valid;
  };

  Codes CodesOf(const policies::codebook::CodeList& list) const;
  void Fault(std::string code, CaseField field, std::string detail);
  // The text of a field that must have one.
  std::optional<std::string_view> Text(CaseField field);
  template <size_t kSize>
  bool Opaque(CaseField field, std::array<uint8_t, kSize>& out);
  std::optional<uint8_t> CodeAt(CaseField field, const Codes& codes);
  std::optional<uint16_t> KindAt();
  std::optional<base::IsoWeek> WeekAt(CaseField field);
  void CheckWeeks(Case& item);

  const policies::codebook::Codebook& codebook_;
  std::optional<base::Period> period_;
  base::Problems& problems_;
  Codes bands_, levels_, groups_, opened_by_, outcomes_, durations_;
  std::vector<bool> kind_valid_;
  std::vector<std::vector<bool>> age_possible_;  // by kind, then band
  const CaseLine* line_ = nullptr;
  uint64_t number_ = 0;
};

}  // namespace polder::stats::cases

#endif  // POLDER_STATS_CASES_CASE_CHECK_H_
