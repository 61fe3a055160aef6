// Releases of size classes: a class is the sum of its municipalities to whoever checks.
#include "stats/table/covariance.h"
#include "stats/table/linked_tables.h"
#include "tests/server/verify/two_programs.h"

namespace polder::server::verify {
namespace {

class PolderVerifyClasses : public PolderVerifyTest {};

// Size classes: two classes of two, kinds by municipality, by class and in all.
std::string ReleaseOfClasses(const std::vector<std::string>& hidden, int64_t more = 0) {
  using stats::table::AttributeSet;
  const std::vector<std::string> towns = {"GM0001", "GM0002", "GM0003", "GM0004"};
  const stats::table::Schema schema({{"municipality", towns, "sizeClass", {0, 1, 0, 1}},
                                     {"sizeClass", {"under-5000", "5000-up"}},
                                     {"kind", {"absolute", "relative"}}});
  std::vector<stats::table::MeasuredResidual> residuals;
  base::Json json = base::ParseJson(SampleRelease());
  base::Json& measure = json["measures"][0];
  json["header"]["members"] = base::Json::array();
  for (const auto& town : towns) {
    json["header"]["members"].push_back({{"municipality", town},
                                         {"delivered", true},
                                         {"conversion", false},
                                         {"deliveriesDigest", std::string(64, 'd')}});
  }
  measure["dimensions"] = {{{"name", "municipality"},
                            {"codes", towns},
                            {"groupedBy", "sizeClass"},
                            {"groups", {0, 1, 0, 1}}},
                           {{"name", "sizeClass"}, {"codes", schema.dimensions()[1].codes}},
                           {{"name", "kind"}, {"codes", schema.dimensions()[2].codes}}};
  measure["residuals"] = base::Json::array();
  for (const AttributeSet set : schema.Residuals({7})) {
    residuals.push_back({set, base::Rational(3)});
    measure["residuals"].push_back({{"attributes", schema.Names(set)}, {"gammaSquared", "3"}});
  }
  measure["tables"] = base::Json::array();
  for (const AttributeSet set : {AttributeSet{4}, AttributeSet{6}, AttributeSet{7}}) {
    const auto variance = stats::table::CellVariances(schema, residuals, set);
    base::Json cells = base::Json::array();
    for (size_t cell = 0; cell < schema.CellCount(set); ++cell) {
      int64_t value = 0;
      for (size_t fine = 0; fine < 8; ++fine) {
        if (schema.Project(7, fine, set) == cell) value += 20 + static_cast<int64_t>(fine);
      }
      if (set == 6 && cell == 0) value += more;
      std::vector<std::string> codes;
      const auto place = schema.Place(set, cell);
      for (size_t j = 0; j < place.size(); ++j) {
        codes.push_back(schema.dimensions()[schema.Members(set)[j]].codes[place[j]]);
      }
      std::string name;
      for (const auto& code : codes) name += code + " ";
      const bool is_hidden = std::find(hidden.begin(), hidden.end(), name) != hidden.end();
      cells.push_back(is_hidden ? readers::HiddenCell(codes) : SampleCell(codes, value));
    }
    measure["tables"].push_back({{"id", "t" + std::to_string(set)},
                                 {"attributes", schema.Names(set)},
                                 {"sd", stats::table::DeviationText(variance.largest)},
                                 {"variance", base::ToText(variance.largest)},
                                 {"cells", cells}});
  }
  return base::CanonicalJson(json);
}

TEST_F(PolderVerifyClasses, KnowsThatAClassIsTheSumOfItsMunicipalities) {
  const auto put = [&](const std::string& release) {
    Write("release.json", release);
    Write("proof", Proof(Leaf(release)));
  };
  // A rectangle within a class is safe; across two classes it is not, though the region's sums
  // would keep it.
  put(ReleaseOfClasses(
      {"GM0001 absolute ", "GM0003 absolute ", "GM0001 relative ", "GM0003 relative "}));
  EXPECT_EQ(Run().status, 0) << Run().output;
  put(ReleaseOfClasses(
      {"GM0001 absolute ", "GM0002 absolute ", "GM0001 relative ", "GM0002 relative "}));
  ExpectNo("a hidden cell");
  put(ReleaseOfClasses({}, 1));
  ExpectNo("is not the sum of its parts");
}

// As a dimension by itself, class totals would be no sums of municipalities to whoever checks.
TEST_F(PolderVerifyClasses, ASizeClassThatGroupsNothingIsNoClass) {
  base::Json json = base::ParseJson(ReleaseOfClasses(
      {"GM0001 absolute ", "GM0002 absolute ", "GM0001 relative ", "GM0002 relative "}));
  for (const char* field : {"groupedBy", "groups"}) {
    json["measures"][0]["dimensions"][0].erase(field);
  }
  const std::string release = base::CanonicalJson(json);
  Write("release.json", release);
  Write("proof", Proof(Leaf(release)));
  ExpectNo("must group the municipalities");
}

}  // namespace
}  // namespace polder::server::verify
