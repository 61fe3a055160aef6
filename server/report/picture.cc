#include <algorithm>
#include <string>

#include "server/report/hidden_report.h"
#include "server/report/words.h"

namespace polder::server::report {
namespace {

// As wide as a small phone, so that text keeps its size there; print and screens scale it up.
constexpr int kWidth = 390;
constexpr int kMargin = 8;
constexpr int kRowHeight = 24;
constexpr int kLabelWidth = 128;
constexpr int kShareWidth = 62;
constexpr int kTop = 70;  // title and subtitle
constexpr int kText = 13;
constexpr size_t kLongest = 28;  // characters of a column's name
// Dark blue and near white differ in lightness alone, for every kind of colour vision and in grey.
constexpr const char* kDark = "#16324f";
constexpr const char* kLight = "#e8eef4";
constexpr const char* kEdge = "#5c7184";
constexpr const char* kInk = "#1a1a1a";

std::string Number(double value) {
  const auto tenths = static_cast<long>(value * 10 + (value < 0 ? -0.5 : 0.5));
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text += "." + std::to_string(std::labs(tenths % 10));
  return text;
}

// Counts characters, not bytes: labels are UTF-8.
size_t Length(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & '\xC0') != '\x80'; }));
}

std::string Shortened(const std::string& text, size_t most) {
  if (Length(text) <= most) return text;
  std::string kept;
  size_t characters = 0;
  for (const char c : text) {
    if ((c & '\xC0') != '\x80' && ++characters >= most) break;
    kept += c;
  }
  while (!kept.empty() && kept.back() == ' ') kept.pop_back();
  return kept + "…";
}

std::string Text(double x, double y, const std::string& text, const std::string& more = "") {
  return "<text x=\"" + Number(x) + "\" y=\"" + Number(y) + "\"" + (more.empty() ? "" : " ") +
         more + ">" + Escaped(text) + "</text>\n";
}

std::string Box(double x, double y, double width, double height, Mark mark) {
  const std::string place = "x=\"" + Number(x) + "\" y=\"" + Number(y) + "\" width=\"" +
                            Number(width) + "\" height=\"" + Number(height) + "\"";
  switch (mark) {
    case Mark::kShown:
      return "<rect " + place + " fill=\"" + kLight + "\" stroke=\"" + kEdge +
             "\" stroke-width=\"0.5\"/>\n";
    case Mark::kHidden:
      return "<rect " + place + " fill=\"" + kDark + "\"/>\n<rect " + place +
             " fill=\"url(#hatch)\"/>\n";
    case Mark::kMissing:
      return "<rect " + place + " fill=\"#ffffff\" stroke=\"" + kEdge +
             "\" stroke-dasharray=\"3 2\"/>\n";
    case Mark::kImpossible:
      break;
  }
  return "<circle cx=\"" + Number(x + width / 2) + "\" cy=\"" + Number(y + height / 2) +
         "\" r=\"1.5\" fill=\"" + kEdge + "\"/>\n";
}

std::string ShareText(const Tally& tally) {
  return tally.share ? std::to_string(*tally.share) + " %" : "–";
}

// The picture in words, for whoever has it read aloud.
std::string Description(const HiddenReport& report, const Words& words) {
  std::string text = report.subtitle + ". ";
  for (size_t row = 0; row < report.rows.size(); ++row) {
    std::string hidden;
    for (size_t column = 0; column < report.columns.size(); ++column) {
      if (report.At(row, column) != Mark::kHidden) continue;
      hidden += (hidden.empty() ? " " : ", ") + report.columns[column];
    }
    if (hidden.empty()) continue;
    text += report.rows[row].label + ", " + std::string(words.hidden) + ":" + hidden + ". ";
  }
  return text;
}

std::string Legend(const HiddenReport& report, const Words& words, double top) {
  const std::pair<Mark, std::string_view> entries[] = {{Mark::kShown, words.shown},
                                                       {Mark::kHidden, words.hidden},
                                                       {Mark::kMissing, words.missing},
                                                       {Mark::kImpossible, words.impossible}};
  std::string svg;
  double x = kMargin;
  double y = top;
  for (const auto& [mark, word] : entries) {
    if (std::find(report.marks.begin(), report.marks.end(), mark) == report.marks.end()) continue;
    const double width = 26 + 7.2 * static_cast<double>(Length(std::string(word))) + 14;
    if (x + width > kWidth) {
      x = kMargin;
      y += 22;
    }
    svg += Box(x, y, 18, 16, mark) + Text(x + 24, y + 12.5, std::string(word));
    x += width;
  }
  return svg;
}

}  // namespace

std::string PictureOf(const HiddenReport& report, Language language) {
  const Words& words = WordsIn(language);
  size_t longest = Length(std::string(words.share));
  for (const std::string& column : report.columns) {
    longest = std::max(longest, std::min<size_t>(Length(column), kLongest));
  }
  const int head = kTop + 14 + static_cast<int>(6.6 * static_cast<double>(longest));
  const auto columns = static_cast<double>(std::max<size_t>(report.columns.size(), 1));
  const double cell =
      std::min(30.0, (kWidth - 2.0 * kMargin - kLabelWidth - kShareWidth) / columns);
  const double grid = kMargin + kLabelWidth;
  const double share = grid + cell * columns + kShareWidth - 8;
  const double bottom = head + kRowHeight * static_cast<double>(report.rows.size());
  const double height = bottom + 44;

  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"t d\" lang=\"" +
      std::string(words.code) + "\" viewBox=\"0 0 " + std::to_string(kWidth) + " " +
      Number(height) + "\" font-family=\"system-ui, sans-serif\" font-size=\"" +
      std::to_string(kText) + "\" fill=\"" + kInk + "\">\n";
  svg += "<title id=\"t\">" + Escaped(report.title) + "</title>\n<desc id=\"d\">" +
         Escaped(Description(report, words)) + "</desc>\n";
  svg +=
      "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
      "patternTransform=\"rotate(45)\"><rect width=\"1.5\" height=\"6\" "
      "fill=\"#ffffff\"/></pattern></defs>\n";
  svg += "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  svg += Text(kMargin, 24, report.title, "font-size=\"18\" font-weight=\"bold\"");
  // The place on one line, the rest on the next.
  const size_t comma = report.subtitle.find(", ");
  svg += Text(kMargin, 44, Shortened(report.subtitle.substr(0, comma), 56), "font-size=\"12\"");
  if (comma != std::string::npos) {
    svg += Text(kMargin, 60, Shortened(report.subtitle.substr(comma + 2), 56), "font-size=\"12\"");
  }
  for (size_t column = 0; column < report.columns.size(); ++column) {
    const double x = grid + cell * (static_cast<double>(column) + 0.5) + 4.5;
    svg += Text(x, head - 6, Shortened(report.columns[column], kLongest),
                "transform=\"rotate(-90 " + Number(x) + " " + Number(head - 6) + ")\"");
  }
  const double beside = share + 4.5;
  svg += Text(beside - 16, head - 6, std::string(words.share),
              "transform=\"rotate(-90 " + Number(beside - 16) + " " + Number(head - 6) + ")\"");
  for (size_t row = 0; row < report.rows.size(); ++row) {
    const double y = head + kRowHeight * static_cast<double>(row);
    svg += Text(grid - 6, y + 16, Shortened(report.rows[row].label, 17), "text-anchor=\"end\"");
    for (size_t column = 0; column < report.columns.size(); ++column) {
      svg += Box(grid + cell * static_cast<double>(column) + 1, y + 1, cell - 2, kRowHeight - 2,
                 report.At(row, column));
    }
    svg += Text(share, y + 16, ShareText(report.rows[row]), "text-anchor=\"end\"");
  }
  svg += Legend(report, words, bottom + 12);
  return svg + "</svg>\n";
}

}  // namespace polder::server::report
