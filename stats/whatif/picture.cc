#include "stats/whatif/picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace polder::stats::whatif {
namespace {

constexpr std::array<std::string_view, 7> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                      "#56B4E9", "#E69F00", "#000000"};
constexpr size_t kShapes = 6;
constexpr double kLeft = 250;
constexpr double kPlot = 560;
constexpr double kRight = 40;
constexpr double kTop = 58;
constexpr double kLegendLine = 18;
constexpr double kAxis = 30;  // room for the figures above the rows
constexpr double kLane = 13;  // height per scenario within a row
constexpr double kGap = 12;   // between rows
constexpr double kRadius = 4.5;

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // Control characters have no place in XML.
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
  return out;
}

std::string At(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string Words(double x, double y, std::string_view anchor, std::string_view text) {
  return "<text x=\"" + At(x) + "\" y=\"" + At(y) + "\" text-anchor=\"" + std::string(anchor) +
         "\">" + Escaped(text) + "</text>\n";
}

std::string Polygon(const std::vector<std::pair<double, double>>& points, double x, double y) {
  std::string list;
  for (const auto& [dx, dy] : points) {
    list += (list.empty() ? "" : " ") + At(x + dx * kRadius) + "," + At(y + dy * kRadius);
  }
  return "<polygon points=\"" + list + "\"";
}

// The mark of a scenario: shape and colour go round at different lengths, so that 42 differ.
std::string Mark(size_t scenario, double x, double y, const std::string& title) {
  std::string shape;
  switch (scenario % kShapes) {
    case 0:
      shape = "<circle cx=\"" + At(x) + "\" cy=\"" + At(y) + "\" r=\"" + At(kRadius) + "\"";
      break;
    case 1:
      shape = Polygon({{-0.9, -0.9}, {0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}}, x, y);
      break;
    case 2:
      shape = Polygon({{0, -1.2}, {1.1, 0.9}, {-1.1, 0.9}}, x, y);
      break;
    case 3:
      shape = Polygon({{0, -1.3}, {1.3, 0}, {0, 1.3}, {-1.3, 0}}, x, y);
      break;
    case 4:
      shape = Polygon({{0, 1.2}, {1.1, -0.9}, {-1.1, -0.9}}, x, y);
      break;
    default:
      shape = Polygon({{-0.4, -1.2},
                       {0.4, -1.2},
                       {0.4, -0.4},
                       {1.2, -0.4},
                       {1.2, 0.4},
                       {0.4, 0.4},
                       {0.4, 1.2},
                       {-0.4, 1.2},
                       {-0.4, 0.4},
                       {-1.2, 0.4},
                       {-1.2, -0.4},
                       {-0.4, -0.4}},
                      x, y);
  }
  return shape + " fill=\"" + std::string(kColours[scenario % kColours.size()]) + "\"><title>" +
         Escaped(title) + "</title></" +
         (scenario % kShapes == 0 ? std::string("circle") : std::string("polygon")) + ">\n";
}

std::vector<std::string> RowsOf(const Report& report) {
  std::vector<std::string> rows;
  for (const ScenarioReport& scenario : report.scenarios) {
    for (const TableFigures& table : scenario.tables) {
      const std::string row = table.measure + "/" + table.table;
      if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
    }
  }
  // Tables of pupils stand beneath those of their kinds, although another scenario made them.
  std::vector<std::string> ordered;
  for (const std::string& row : rows) {
    const std::string measure = row.substr(0, row.find('/'));
    const auto family = [&](const std::string& other) {
      const std::string of = other.substr(0, other.find('/'));
      return of == measure || measure == of + std::string(policies::disclosure::kPupilsSuffix);
    };
    const auto last = std::find_if(ordered.rbegin(), ordered.rend(), family);
    ordered.insert(last == ordered.rend() ? ordered.end() : last.base(), row);
  }
  return ordered;
}

// The size of an ordinary cell of the table, to lay its half-width beside.
std::string TypicalOf(const Report& report, const std::string& row) {
  for (const ScenarioReport& scenario : report.scenarios) {
    for (const TableFigures& table : scenario.tables) {
      if (table.measure + "/" + table.table == row && table.expected) {
        return "a cell is about " + std::to_string(*table.expected);
      }
    }
  }
  return "";
}

// Of all half-widths, at least 1.
int64_t Narrowest(const Report& report) {
  int64_t narrowest = INT64_MAX;
  for (const ScenarioReport& scenario : report.scenarios) {
    for (const TableFigures& table : scenario.tables) {
      narrowest = std::min(narrowest, table.half_width);
    }
  }
  return narrowest == INT64_MAX ? 1 : std::max<int64_t>(1, narrowest);
}

int64_t Widest(const Report& report) {
  int64_t widest = 10;
  for (const ScenarioReport& scenario : report.scenarios) {
    for (const TableFigures& table : scenario.tables) widest = std::max(widest, table.half_width);
  }
  return widest;
}

std::string Description(const Report& report) {
  size_t refused = 0;
  for (const ScenarioReport& scenario : report.scenarios) refused += !scenario.refused.empty();
  return "One row per table and one mark per policy, at the half-width of the 95 % interval for "
         "noise; to the left is more precise. " +
         std::to_string(report.scenarios.size()) + " policies, of which " +
         std::to_string(refused) + " refused. The same numbers stand in whatif.csv.";
}

}  // namespace

std::string Picture(const Report& report) {
  const std::vector<std::string> rows = RowsOf(report);
  const double lanes = static_cast<double>(report.scenarios.size());
  const double row_height = lanes * kLane + kGap;
  // What the marks mean comes first: a reader needs it before the marks.
  const double top = kTop + lanes * kLegendLine + kAxis;
  const double bottom = top + static_cast<double>(rows.size()) * row_height;
  const double width = kLeft + kPlot + kRight;
  const double height = bottom + 44;
  const double begin = std::log10(static_cast<double>(Narrowest(report)) / 1.3);
  const double end = std::log10(static_cast<double>(Widest(report)) * 1.15);
  const auto place = [&](int64_t value) {
    const double at = std::log10(static_cast<double>(std::max<int64_t>(1, value)));
    return kLeft + kPlot * std::max(0.0, at - begin) / (end - begin);
  };
  const std::string title = "Noise in a " + report.kind + " release of " + report.period +
                            " under several policies: further to the left is more precise";
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + At(width) + "\" height=\"" +
      At(height) + "\" viewBox=\"0 0 " + At(width) + " " + At(height) +
      "\" role=\"img\" aria-labelledby=\"title description\" "
      "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n<title "
      "id=\"title\">" +
      Escaped(title) + "</title>\n<desc id=\"description\">" + Escaped(Description(report)) +
      "</desc>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  svg += "<g font-size=\"15\">" + Words(16, 26, "start", title) + "</g>\n";
  for (size_t s = 0; s < report.scenarios.size(); ++s) {
    const ScenarioReport& scenario = report.scenarios[s];
    const double y = kTop - 12 + static_cast<double>(s) * kLegendLine;
    std::string text = scenario.label;
    if (!scenario.refused.empty()) text += ": refused (" + scenario.refused.front().code + ")";
    svg += Mark(s, 24, y, scenario.label) + Words(38, y + 4, "start", text);
  }
  for (size_t r = 0; r < rows.size(); r += 2) {
    svg += "<rect x=\"0\" y=\"" + At(top + static_cast<double>(r) * row_height - kGap / 2) +
           "\" width=\"" + At(width) + "\" height=\"" + At(row_height) + "\" fill=\"#f4f4f4\"/>\n";
  }
  for (int64_t tick = 1; tick <= Widest(report); tick *= 10) {
    for (const int64_t step : {1, 2, 5}) {
      const int64_t value = tick * step;
      if (value > Widest(report) || std::log10(static_cast<double>(value)) < begin) {
        continue;
      }
      const std::string x = At(place(value));
      svg += "<line x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + At(top - 8) + "\" y2=\"" +
             At(bottom) + "\" stroke=\"#d0d0d0\"/>\n";
      for (const double y : {top - 12, bottom + 14}) {
        svg += Words(place(value), y, "middle", "\u00b1" + std::to_string(value));
      }
    }
  }
  svg += Words(kLeft + kPlot / 2, bottom + 32, "middle",
               "95 % half-width for noise, in persons, reports or processes (logarithmic)");
  for (size_t r = 0; r < rows.size(); ++r) {
    const double from = top + static_cast<double>(r) * row_height;
    const double middle = from + lanes * kLane / 2 + 4;
    const std::string typical = TypicalOf(report, rows[r]);
    svg += Words(kLeft - 12, typical.empty() ? middle : middle - 7, "end", rows[r]);
    if (!typical.empty()) {
      svg += "<g font-size=\"10\" fill=\"#666666\">" +
             Words(kLeft - 12, middle + 7, "end", typical) + "</g>\n";
    }
    for (size_t s = 0; s < report.scenarios.size(); ++s) {
      const ScenarioReport& scenario = report.scenarios[s];
      for (const TableFigures& table : scenario.tables) {
        if (table.measure + "/" + table.table != rows[r]) continue;
        svg += Mark(s, place(table.half_width), from + (static_cast<double>(s) + 0.5) * kLane,
                    rows[r] + ", " + scenario.label + ": plus or minus " +
                        std::to_string(table.half_width));
      }
    }
  }
  return svg + "</svg>\n";
}

}  // namespace polder::stats::whatif
