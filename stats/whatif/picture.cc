#include "stats/whatif/picture.h"

#include <algorithm>
#include <array>
#include <cmath>
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
constexpr double kTop = 64;
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
  return rows;
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
  const double bottom = kTop + static_cast<double>(rows.size()) * row_height;
  const double legend = bottom + 44;
  const double height = legend + lanes * 18 + 12;
  const double end = std::log10(static_cast<double>(Widest(report)) * 1.15);
  const auto place = [&](int64_t value) {
    return kLeft + kPlot * std::log10(static_cast<double>(std::max<int64_t>(1, value))) / end;
  };
  const std::string title = "Half-width of the figures of a " + report.kind + " release of " +
                            report.period + " under several policies";
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + At(kLeft + kPlot + 40) +
                    "\" height=\"" + At(height) + "\" viewBox=\"0 0 " + At(kLeft + kPlot + 40) +
                    " " + At(height) +
                    "\" role=\"img\" aria-labelledby=\"title description\" "
                    "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n<title "
                    "id=\"title\">" +
                    Escaped(title) + "</title>\n<desc id=\"description\">" +
                    Escaped(Description(report)) +
                    "</desc>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  svg += "<g font-size=\"15\">" + Words(16, 26, "start", title) + "</g>\n";
  for (int64_t tick = 1; tick <= Widest(report); tick *= 10) {
    for (const int64_t step : {1, 2, 5}) {
      if (tick * step > Widest(report)) continue;
      const std::string x = At(place(tick * step));
      svg += "<line x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + At(kTop - 8) + "\" y2=\"" +
             At(bottom) + "\" stroke=\"#d0d0d0\"/>\n";
      svg += Words(place(tick * step), bottom + 16, "middle", std::to_string(tick * step));
    }
  }
  svg += Words(kLeft + kPlot / 2, bottom + 32, "middle",
               "95 % half-width, in persons, reports or processes (logarithmic)");
  for (size_t r = 0; r < rows.size(); ++r) {
    const double top = kTop + static_cast<double>(r) * row_height;
    svg += Words(kLeft - 12, top + lanes * kLane / 2 + 4, "end", rows[r]);
    for (size_t s = 0; s < report.scenarios.size(); ++s) {
      const ScenarioReport& scenario = report.scenarios[s];
      for (const TableFigures& table : scenario.tables) {
        if (table.measure + "/" + table.table != rows[r]) continue;
        svg += Mark(s, place(table.half_width), top + (static_cast<double>(s) + 0.5) * kLane,
                    rows[r] + ", " + scenario.label + ": plus or minus " +
                        std::to_string(table.half_width));
      }
    }
  }
  for (size_t s = 0; s < report.scenarios.size(); ++s) {
    const ScenarioReport& scenario = report.scenarios[s];
    const double y = legend + static_cast<double>(s) * 18 + 8;
    std::string text = scenario.label;
    if (!scenario.refused.empty()) text += ": refused (" + scenario.refused.front().code + ")";
    svg += Mark(s, 24, y, scenario.label) + Words(38, y + 4, "start", text);
  }
  return svg + "</svg>\n";
}

}  // namespace polder::stats::whatif
