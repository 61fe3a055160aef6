#include "server/readers/release_routes.h"

#include <nlohmann/json.hpp>

#include "policies/base/period.h"
#include "policies/base/problem.h"
#include "policies/base/rational.h"
#include "policies/disclosure/policy.h"
#include "server/readers/answer.h"
#include "server/report/hidden_report.h"
#include "stats/table/csv.h"

namespace polder::server::readers {
namespace {

ItemPtr Require(const http::Request& request, Shelf& shelf) {
  ItemPtr item = shelf.Find(request.Param("id"));
  if (item == nullptr) RefuseNotFound("there is no public release with this id; see /v1/releases");
  return item;
}

base::Json Summary(const ShelfItem& item) {
  const auto& header = item.release.header();
  base::Json measures = base::Json::array();
  for (const auto& measure : item.release.measures()) {
    base::Json tables = base::Json::array();
    for (const auto& table : measure.tables) tables.push_back(table.id);
    measures.push_back({{"id", measure.id}, {"tables", std::move(tables)}});
  }
  return {{"id", header.release_id},
          {"region", header.region},
          {"period", header.period.Text()},
          {"kind", header.kind},
          {"origin", header.origin},
          {"demo", header.demo},
          {"madeAt", header.made_at.Text()},
          {"publicAt", header.public_at.Text()},
          {"digest", item.digest},
          {"measures", std::move(measures)},
          {"href", "/v1/releases/" + header.release_id}};
}

base::Json TableJson(const stats::table::PublishedMeasure& measure,
                     const stats::table::PublishedTable& table) {
  base::Json cells = base::Json::array();
  for (const auto& cell : table.cells) {
    base::Json json{{"codes", cell.codes}, {"status", stats::table::ToText(cell.status)}};
    if (cell.value) json["value"] = *cell.value;
    if (cell.interval) {
      json["low"] = cell.interval->low;
      json["high"] = cell.interval->high;
    }
    if (cell.variance) {
      json["sd"] = cell.sd;
      json["variance"] = base::ToText(*cell.variance);
    }
    cells.push_back(std::move(json));
  }
  return {{"id", table.id},
          {"attributes", measure.schema.Names(table.attributes)},
          {"sd", table.sd},
          {"variance", base::ToText(table.variance)},
          {"cells", std::move(cells)}};
}

}  // namespace

http::Response ListReleases(const http::Request& request, Shelf& shelf) {
  CheckQuery(request, {"period", "kind"});
  base::Problems problems;
  const std::string period_text = request.Query("period");
  const std::string kind = request.Query("kind");
  const auto period = base::Period::Parse(period_text);
  if (request.query.contains("period") && !period) {
    problems.Add("malformed-parameter", "period",
                 "write a year or quarter, as 2022SJ or 2022SJ-Q3");
  }
  if (request.query.contains("kind") && !policies::disclosure::ParseReleaseKind(kind)) {
    problems.Add("malformed-parameter", "kind",
                 "one of monitor, provisional, definitive, vsv, slice");
  }
  problems.ThrowIfAny();
  base::Json list = base::Json::array();
  for (const ItemPtr& item : shelf.All()) {
    const auto& header = item->release.header();
    if (period && header.period != *period) continue;
    if (!kind.empty() && header.kind != kind) continue;
    list.push_back(Summary(*item));
  }
  return AnswerJson({{"releases", std::move(list)}});
}

http::Response GetRelease(const http::Request& request, Shelf& shelf) {
  return Answer(Require(request, shelf)->release.canonical(), "application/json");
}

http::Response GetNote(const http::Request& request, Shelf& shelf) {
  return Answer(Require(request, shelf)->note, "text/plain; charset=utf-8");
}

http::Response GetProof(const http::Request& request, Shelf& shelf) {
  return Answer(Require(request, shelf)->proof, "text/plain; charset=utf-8");
}

http::Response GetAudit(const http::Request& request, Shelf& shelf) {
  const ItemPtr item = Require(request, shelf);
  if (item->audit.empty()) RefuseNotFound("this release was published without its audit");
  return Answer(item->audit, "application/json");
}

http::Response GetHidden(const http::Request& request, Shelf& shelf,
                         const policies::codebook::Codebook& codebook) {
  CheckQuery(request, {"measure", "language"});
  const ItemPtr item = Require(request, shelf);
  const bool asked = request.query.contains("measure");
  const std::string measure = asked ? request.Query("measure") : "persons";
  const std::string language =
      request.query.contains("language") ? request.Query("language") : "nl";
  if (language != "nl" && language != "en") {
    throw base::ProblemError("malformed-parameter", "language", "nl or en");
  }
  if (item->release.FindMeasure(measure) == nullptr) {
    RefuseNotFound("this release has no such measure; its measures are in /v1/releases");
  }
  const report::Language in =
      language == "nl" ? report::Language::kDutch : report::Language::kEnglish;
  return Answer(report::PictureOf(report::ReportOf(item->release, measure, codebook, in), in),
                "image/svg+xml");
}

http::Response GetTable(const http::Request& request, Shelf& shelf) {
  const ItemPtr item = Require(request, shelf);
  const auto* measure = item->release.FindMeasure(request.Param("measure"));
  const auto* table = measure == nullptr ? nullptr : measure->FindTable(request.Param("table"));
  if (table == nullptr) {
    RefuseNotFound("this release has no such table; its measures and tables are in /v1/releases");
  }
  if (Negotiate(request) == Media::kCsv) {
    return AnswerCsv(stats::table::TableCsv(*measure, *table));
  }
  const auto& header = item->release.header();
  return AnswerJson({{"release", header.release_id},
                     {"digest", item->digest},
                     {"period", header.period.Text()},
                     {"kind", header.kind},
                     {"measure", measure->id},
                     {"unit", measure->unit},
                     {"clamp", measure->clamp},
                     {"table", TableJson(*measure, *table)}});
}

}  // namespace polder::server::readers
