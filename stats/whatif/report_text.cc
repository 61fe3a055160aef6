#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "stats/whatif/whatif.h"

namespace polder::stats::whatif {
namespace {

// Text in columns: the first to the left, the others to the right.
class Columns {
 public:
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string Text() const {
    std::vector<size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : rows_) {
      std::string line = "  ";
      for (size_t i = 0; i < row.size(); ++i) {
        const std::string space(widths[i] - row[i].size(), ' ');
        line += i == 0 ? row[i] + space : "  " + space + row[i];
      }
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    }
    return text;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f%%", 100 * share);
  return text;
}

template <class Value>
std::string Number(const std::optional<Value>& value) {
  return value ? std::to_string(*value) : "-";
}

// Two decimals of an exact figure, for the eye.
std::string Short(const std::string& decimal, int digits = 2) {
  const auto value = base::ParseRational(decimal);
  return value ? base::ToDecimal(*value, digits, base::Rounding::kUp) : decimal;
}

std::string Joined(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

// The columns of one scenario and table, in text and in CSV.
std::vector<std::string> Figures(const TableFigures& table) {
  return {Short(table.sd),
          std::to_string(table.half_width),
          Number(table.expected),
          Number(table.named_by_noise),
          Number(table.named),
          Number(table.found),
          Number(table.correction),
          table.shares ? Percent(table.shares->hidden) : "-",
          table.shares ? Percent(table.shares->imprecise) : "-"};
}

// Which cubes were taken, beside what the other ways would have come to.
std::string MeasuredLines(const Report& report) {
  Columns columns;
  columns.Add({"measured as (sum of variances, weighted: less is better)", "one cube",
               "cube per kind", "kinds, pupils apart", "taken"});
  bool any = false;
  for (const ScenarioReport& scenario : report.scenarios) {
    for (const MeasuredAs& one : scenario.measured) {
      const table::Weighing& weighing = one.weighing;
      if (weighing.apart.empty()) continue;  // no choice: what it counts is the same in every way
      any = true;
      columns.Add({scenario.label + " " + one.measure, weighing.joint, weighing.per_kind,
                   weighing.apart, weighing.taken == "apart" ? "apart" : "one cube"});
    }
  }
  if (!any) return "";
  return columns.Text() +
         "  in one cube, tables without the kind are totals over the kinds; apart, they count "
         "every "
         "pupil once.\n  A cube per kind is never taken: kinds in one cube are at least as "
         "precise. "
         "A policy allows\n  \"apart\" by \"anyKind\": \"better\" or \"pupils\".\n";
}

std::string CostLines(const Report& report) {
  Columns columns;
  columns.Add({"cost per pupil (epsilon at delta)", "release rho", "epsilon", "year rho", "epsilon",
               "year at most", "two identifiers", "epsilon", "13 years", "epsilon", "19 years",
               "epsilon"});
  for (const ScenarioReport& scenario : report.scenarios) {
    if (!scenario.costs) continue;
    const Costs& costs = *scenario.costs;
    columns.Add({scenario.label + " (" + costs.delta + ")", costs.release.rho,
                 Short(costs.release.epsilon), costs.year.rho, Short(costs.year.epsilon),
                 costs.cap.rho, costs.cap_two_tokens.rho, Short(costs.cap_two_tokens.epsilon),
                 costs.career_13.rho, Short(costs.career_13.epsilon), costs.career_19.rho,
                 Short(costs.career_19.epsilon)});
  }
  return columns.Text() +
         "  two identifiers: a year at most, for a pupil delivered under two (a local number, then "
         "a "
         "service number)\n";
}

std::string BoundingLines(const Report& report) {
  std::string text;
  for (const ScenarioReport& scenario : report.scenarios) {
    if (!scenario.bounding) continue;
    const Bounding& bounding = *scenario.bounding;
    text += "  " + scenario.label + ": ";
    if (bounding.dropped) {
      text += "release " + bounding.release_id + " left out " + Number(bounding.dropped);
      if (bounding.interval) {
        text += " (" + std::to_string(bounding.interval->low) + " to " +
                std::to_string(bounding.interval->high) + ")";
      }
      if (bounding.per_thousand) text += ", " + *bounding.per_thousand + " per 1000 counted";
      text += ", with k " + std::to_string(bounding.kinds_before);
    } else {
      text += "release " + bounding.release_id + " hides what bounding left out";
    }
    if (scenario.kinds_per_pupil > bounding.kinds_before) {
      text += "; a larger k leaves out no more kinds than that";
    } else if (!bounding.extra_at_most) {
      text += "; what a smaller k leaves out besides is not known";
    } else if (*bounding.extra_at_most > 0) {
      text += "; at most " + Number(bounding.extra_at_most) + " more with this k";
    }
    text += "\n";
  }
  return text.empty()
             ? ""
             : "bias: units that bounding leaves out, so that figures are too low\n" + text;
}

std::string RefusedLines(const Report& report) {
  std::string text;
  for (const ScenarioReport& scenario : report.scenarios) {
    for (const base::Problem& problem : scenario.refused) {
      text += "  " + scenario.label + ": " + base::ToLine(problem) + "\n";
    }
  }
  return text.empty() ? "" : "refused\n" + text;
}

// Measure and table of every row that some scenario has, in the order in which they are met.
std::vector<std::pair<std::string, std::string>> Rows(const Report& report) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const ScenarioReport& scenario : report.scenarios) {
    for (const TableFigures& table : scenario.tables) {
      const std::pair row(table.measure, table.table);
      if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
    }
  }
  return rows;
}

// Where expected counts come from; a calculation from national rates is said to be one.
std::string OriginLines(const Report& report) {
  std::set<std::string> origins;
  for (const ScenarioReport& scenario : report.scenarios) {
    for (const TableFigures& table : scenario.tables) {
      if (table.origin == Origin::kRelease) {
        origins.insert("expected counts of " + table.measure + " come from release " +
                       table.release_id);
      } else if (table.origin == Origin::kRates) {
        origins.insert("no release has table " + table.measure + "/" + table.table +
                       ": its counts are public pupil counts times national rates, partly assumed");
      }
    }
  }
  std::string text;
  for (const std::string& origin : origins) text += "  " + origin + "\n";
  return text;
}

std::string Quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string CsvLine(const std::vector<std::string>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) line += (i == 0 ? "" : ",") + Quoted(fields[i]);
  return line + "\r\n";
}

}  // namespace

std::string ReportText(const Report& report) {
  std::string text = "what if: " + report.kind + " release of " + report.period + ", codebook " +
                     report.codebook + "\n" + OriginLines(report) + "\n";
  for (const auto& [measure, table] : Rows(report)) {
    Columns columns;
    std::string heading = measure + "/" + table;
    columns.Add({"", "sd", "95% +-", "cell of", "noise alone", "named from", "4 of 5", "correction",
                 "hidden", "imprecise"});
    for (const ScenarioReport& scenario : report.scenarios) {
      const auto found =
          std::find_if(scenario.tables.begin(), scenario.tables.end(),
                       [&](const auto& f) { return f.measure == measure && f.table == table; });
      if (!scenario.refused.empty()) {
        columns.Add({scenario.label, "refused"});
      } else if (found == scenario.tables.end()) {
        columns.Add({scenario.label, "not made"});
      } else {
        std::vector<std::string> row = Figures(*found);
        row.insert(row.begin(), scenario.label);
        columns.Add(std::move(row));
        if (heading == measure + "/" + table) {
          heading += ", " + std::to_string(found->cells) + " cells, " + found->unit;
          if (!found->typical.empty()) heading += "; typical: " + Joined(found->typical, " x ");
        }
      }
    }
    text += heading + "\n" + columns.Text() + "\n";
  }
  const std::string measured = MeasuredLines(report);
  if (!measured.empty()) text += measured + "\n";
  text += CostLines(report) + "\n";
  const std::string bias = BoundingLines(report);
  if (!bias.empty()) text += bias + "\n";
  const std::string refused = RefusedLines(report);
  if (!refused.empty()) text += refused + "\n";
  text +=
      "cell of: expected count of the typical cell. noise alone, named from: smallest rise between "
      "two years\nthat is called a rise (two-sided 97.5%), by noise alone and with chance. 4 of 5: "
      "rise that is found in\nfour of five years. correction: change of the cell by a correction "
      "that shows between two releases.\nhidden, imprecise: share of the cells in " +
      std::to_string(report.draws) + " rehearsals.\n";
  return text;
}

std::string ReportCsv(const Report& report) {
  std::string text =
      CsvLine({"scenario", "policy", "status", "yearlyCap", "kindsPerPupil", "measure", "table",
               "unit", "cells", "sd", "halfWidth", "expected", "namedByNoiseAlone", "named",
               "foundFourOfFive", "correction", "hidden", "imprecise", "expectedFrom"});
  for (const ScenarioReport& scenario : report.scenarios) {
    if (!scenario.refused.empty()) {
      std::vector<std::string> row(19);
      row[0] = scenario.label;
      row[1] = scenario.policy;
      row[2] = "refused: " + scenario.refused.front().code;
      text += CsvLine(row);
      continue;
    }
    for (const TableFigures& table : scenario.tables) {
      const auto count = [](const std::optional<int64_t>& value) {
        return value ? std::to_string(*value) : std::string();
      };
      text += CsvLine({scenario.label, scenario.policy, "calculated", scenario.yearly_cap,
                       std::to_string(scenario.kinds_per_pupil), table.measure, table.table,
                       table.unit, std::to_string(table.cells), table.sd,
                       std::to_string(table.half_width), count(table.expected),
                       count(table.named_by_noise), count(table.named), count(table.found),
                       count(table.correction), table.shares ? Percent(table.shares->hidden) : "",
                       table.shares ? Percent(table.shares->imprecise) : "",
                       std::string(ToText(table.origin))});
    }
  }
  return text;
}

}  // namespace polder::stats::whatif
