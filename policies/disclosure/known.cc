#include "policies/disclosure/known.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"

namespace polder::policies::disclosure {
namespace {

using base::ObjectReader;

constexpr int64_t kLargest = 1'000'000'000;

class Reader {
 public:
  Reader(const Policy* policy, const codebook::Codebook* codebook, base::Problems& problems)
      : policy_(policy), codebook_(codebook), problems_(problems) {}

  void Table(ObjectReader& item) {
    KnownTable table;
    table.id = item.Code("id");
    for (const KnownTable& other : tables) {
      if (!table.id.empty() && other.id == table.id) {
        item.Fault("duplicate-table", "id", "another known table has this id");
      }
    }
    table.source = item.Text("source", 1, 400);
    table.measure = item.Code("measure");
    if (policy_ != nullptr && !table.measure.empty() &&
        policy_->FindMeasure(table.measure) == nullptr) {
      item.Fault("unknown-measure", "measure",
                 "no measure of this policy has this id; name the one whose units it counts");
    }
    const std::string period = item.Text("period");
    const auto parsed = base::Period::Parse(period);
    if (parsed) {
      table.period = *parsed;
    } else if (!period.empty()) {
      item.Fault("wrong-period", "period", "must be a year or quarter such as 2022SJ or 2022SJ-Q3");
    }
    if (!Attributes(item, table) || !parsed) {
      item.Ignore("figures");
      return;
    }
    item.Objects("figures", [&](ObjectReader& figure) { Figure(figure, table); });
    tables.push_back(std::move(table));
  }

  std::vector<KnownTable> tables;

 private:
  bool Attributes(ObjectReader& item, KnownTable& table) {
    const auto texts = item.Texts("attributes");
    bool readable = true;
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::string pointer = base::Pointer(item.At("attributes"), i);
      const auto attribute = ParseAttribute(texts[i]);
      if (attribute == Attribute::kSizeClass) {
        readable = false;
        problems_.Add(
            "unknown-attribute", pointer,
            "give figures of municipalities or of the region: those of a size class follow "
            "from its municipalities");
      } else if (!attribute) {
        readable = false;
        problems_.Add("unknown-attribute", pointer,
                      "must be kind, municipality, level, ageBand, group or administrative");
      } else if (std::find(table.attributes.begin(), table.attributes.end(), *attribute) !=
                 table.attributes.end()) {
        readable = false;
        problems_.Add("duplicate-attribute", pointer, "this attribute is already in the table");
      } else {
        table.attributes.push_back(*attribute);
      }
    }
    return readable;
  }

  void Figure(ObjectReader& item, KnownTable& table) {
    KnownTable::Figure figure;
    figure.codes = item.Texts("codes");
    if (figure.codes.size() != table.attributes.size()) {
      item.Fault("unknown-code", "codes", "give one code for each attribute of the table");
      figure.codes.assign(table.attributes.size(), "");
    } else {
      CheckCodes(item, table, figure);
    }
    if (item.Has("count")) {
      const int64_t count = item.Integer("count", 0, kLargest);
      const int64_t margin = item.OptionalInteger("margin", 0, kLargest).value_or(0);
      figure.low = std::max<int64_t>(0, count - margin);
      figure.high = count + margin;
    } else {
      figure.low = item.Integer("low", 0, kLargest);
      figure.high = item.OptionalInteger("high", 0, kLargest);
      if (figure.high && *figure.high < figure.low) {
        item.Fault("out-of-range", "high", "must not be below \"low\"");
      }
    }
    const bool twice =
        std::any_of(table.figures.begin(), table.figures.end(),
                    [&](const KnownTable::Figure& other) { return other.codes == figure.codes; });
    if (twice) item.Fault("duplicate-content", "codes", "this cell has a figure already");
    table.figures.push_back(std::move(figure));
  }

  void CheckCodes(ObjectReader& item, const KnownTable& table, const KnownTable::Figure& figure) {
    for (size_t i = 0; codebook_ != nullptr && i < figure.codes.size(); ++i) {
      if (Has(table.attributes[i], table.period, figure.codes[i])) continue;
      problems_.Add("unknown-code", base::Pointer(item.At("codes"), i),
                    "\"" + figure.codes[i] + "\" is not a code of " +
                        std::string(ToText(table.attributes[i])) + " in this period");
    }
  }

  bool Has(Attribute attribute, const base::Period& period, const std::string& code) const {
    const auto in = [&](const std::vector<std::string>& codes) {
      return std::find(codes.begin(), codes.end(), code) != codes.end();
    };
    switch (attribute) {
      case Attribute::kKind:
        return in(codebook_->KindGroupsIn(period));
      case Attribute::kMunicipality:
        return in(codebook_->MembersIn(period));
      case Attribute::kLevel:
        return codebook_->levels().Has(code);
      case Attribute::kAgeBand:
        return codebook_->age_band_codes().Has(code);
      case Attribute::kGroup:
        return codebook_->groups().Has(code);
      case Attribute::kAdministrative:
        break;
      case Attribute::kSizeClass:
        return false;
    }
    return codebook_->administrative().Has(code);
  }

  const Policy* policy_;
  const codebook::Codebook* codebook_;
  base::Problems& problems_;
};

}  // namespace

std::vector<KnownTable> ReadKnownTables(ObjectReader& document, const Policy* policy,
                                        const codebook::Codebook* codebook,
                                        base::Problems& problems) {
  Reader reader(policy, codebook, problems);
  if (document.Has("known")) {
    document.Objects(
        "known", [&](ObjectReader& item) { reader.Table(item); }, true);
  }
  return std::move(reader.tables);
}

std::vector<KnownTable> KnownTablesOf(const Policy& policy) {
  const base::Json json = base::ParseJson(policy.canonical());
  base::Problems problems;  // none: the policy was read before
  ObjectReader document(json, "", problems);
  return ReadKnownTables(document, nullptr, nullptr, problems);
}

}  // namespace polder::policies::disclosure
