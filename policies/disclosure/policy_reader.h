// Reading a policy document: every part for itself, then what the parts together may cost. Used by
// `Policy::FromJson` alone.
#ifndef POLDER_POLICIES_DISCLOSURE_POLICY_READER_H_
#define POLDER_POLICIES_DISCLOSURE_POLICY_READER_H_

#include <string>
#include <string_view>

#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"

namespace polder::policies::disclosure {

class PolicyReader {
 public:
  explicit PolicyReader(const codebook::Codebook& codebook) : codebook_(codebook) {}
  Policy Read(const base::Json& json);

 private:
  Mechanism ReadMechanism(base::ObjectReader& object, Mechanism otherwise);
  void ReadSuppression(base::ObjectReader& document);
  void CheckMechanisms(base::ObjectReader& document);
  void ReadMeasures(base::ObjectReader& document);
  void ReadMeasure(base::ObjectReader& item);
  void ReadAnyKind(base::ObjectReader& item, Measure& measure);
  void DerivePupils(base::ObjectReader& document);
  TableSpec ReadTable(base::ObjectReader& item, const Measure& measure);
  void CheckShape(base::ObjectReader& item, const Measure& measure, const TableSpec& table);
  void ReadBudget(base::ObjectReader& document);
  BudgetLine ReadLine(base::ObjectReader& item);
  void ReadContent(base::ObjectReader& line_object, BudgetLine& line);
  void ReadShare(base::ObjectReader& item, const Measure* measure, BudgetLine::Content& content);
  void CheckYear(base::ObjectReader& budget);
  void ReadKindRules(base::ObjectReader& document);
  void ReadJudgement(base::ObjectReader& document);
  void ReadPeers(base::ObjectReader& document);

  // An exact number above `above` and at most `largest`.
  base::Rational Number(base::ObjectReader& object, std::string_view name,
                        const base::Rational& above, const base::Rational& largest);
  // An amount of budget that the ledger can hold exactly.
  base::NanoRho Amount(base::ObjectReader& object, std::string_view name);

  const codebook::Codebook& codebook_;
  base::Problems problems_;
  Policy policy_;
  Mechanism mechanism_ = Mechanism::kNoise;  // of a measure that names none
};

}  // namespace polder::policies::disclosure

#endif  // POLDER_POLICIES_DISCLOSURE_POLICY_READER_H_
