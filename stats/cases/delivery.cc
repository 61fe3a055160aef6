#include "stats/cases/delivery.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include <string.h>

#include "policies/base/bytes.h"
#include "stats/cases/case_check.h"
#include "stats/cases/case_line.h"
#include "stats/cases/manifest.h"
#include "stats/cases/padding.h"

namespace polder::stats::cases {
namespace {

// Eight codes of at most 64 characters, two weeks, two numbers and the names.
constexpr size_t kLongestWritten = 1'024;

// A line as `WriteCaseLine` makes it is longer than this, so a reservation by bytes wastes little.
constexpr size_t kShortestCaseLine = 200;

// Notes every case whose key an earlier line already has. Sorting keeps a sender from choosing keys
// that make this slow.
void NoteDuplicates(const std::vector<Case>& cases, const std::vector<uint64_t>& lines,
                    base::Problems& problems) {
  std::vector<uint32_t> order(cases.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return cases[a].case_key != cases[b].case_key ? cases[a].case_key < cases[b].case_key : a < b;
  });
  constexpr std::array<uint8_t, 16> kUnread{};
  size_t first = 0;
  for (size_t i = 1; i < order.size(); ++i) {
    if (cases[order[i]].case_key != cases[order[first]].case_key) {
      first = i;
    } else if (cases[order[i]].case_key != kUnread) {
      problems.Add({"duplicate-case", "/caseKey",
                    "line " + std::to_string(lines[order[first]]) +
                        " already has this case; deliver each case once, in its latest state",
                    lines[order[i]], 0});
    }
  }
}

void ThrowInLineOrder(const base::Problems& problems, size_t limit) {
  if (problems.empty()) return;
  if (problems.size() > limit) problems.ThrowIfAny();
  std::vector<base::Problem> ordered = problems.found();
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const base::Problem& a, const base::Problem& b) { return a.line < b.line; });
  throw base::ProblemError(std::move(ordered));
}

}  // namespace

Delivery ReadDelivery(std::string_view ndjson, const policies::codebook::Codebook& codebook,
                      const DeliveryLimits& limits, const ServiceTerms* terms) {
  if (ndjson.size() > limits.max_bytes) {
    throw base::ProblemError("too-large", "",
                             "a delivery holds at most " + std::to_string(limits.max_bytes) +
                                 " bytes; is this one quarter of one municipality?");
  }
  base::Problems problems(limits.max_problems);
  size_t at = std::min(ndjson.find('\n'), ndjson.size());
  const ReadManifestResult read = ReadManifestLine(ndjson.substr(0, at), problems);
  CheckManifest(read, codebook, problems);
  if (terms != nullptr) CheckTerms(read.manifest, *terms, problems);

  Delivery delivery;
  delivery.cases.reserve(std::min(ndjson.size() / kShortestCaseLine + 1, limits.max_cases));
  std::vector<uint64_t> lines;
  CaseChecker checker(codebook, read.period, problems);
  CaseLine line;
  uint64_t number = 1;
  uint64_t case_lines = 0;
  bool cut_off = false;
  bool padded = false;
  while (++at < ndjson.size()) {
    ++number;
    const size_t end = std::min(ndjson.find('\n', at), ndjson.size());
    const std::string_view text = ndjson.substr(at, end - at);
    at = end;
    if (number > limits.max_cases + 1) {  // empty lines count: reading must end
      problems.Add({"too-many-cases", "",
                    "a delivery holds at most " + std::to_string(limits.max_cases) + " cases",
                    number, 0});
      cut_off = true;
      break;
    }
    if (text.empty()) {
      problems.Add({"empty-line", "", "an empty line is no case; remove it", number, 0});
      continue;
    }
    if (padded) {
      problems.Add(
          {"after-padding", "", "the padding is the last line; remove what follows it", number, 0});
      cut_off = true;
      break;
    }
    if (IsPadding(text)) {
      padded = true;
      continue;
    }
    ++case_lines;
    if (!line.Read(text, number, problems)) continue;
    delivery.cases.push_back(checker.Check(line, number));
    lines.push_back(number);
  }
  if (read.is_object && !cut_off && read.manifest.cases != case_lines) {
    problems.Add({"count-mismatch", "/cases",
                  "the manifest announces another number of cases than follow; the file may be cut "
                  "off or joined. Send it as polder-member made it",
                  1, 0});
  }
  NoteDuplicates(delivery.cases, lines, problems);
  ThrowInLineOrder(problems, limits.max_problems);
  delivery.manifest = read.manifest;
  return delivery;
}

std::string WriteCaseLine(const Case& item, const policies::codebook::Codebook& codebook) {
  std::string line;
  // Room for the longest line, so that no shorter copy of it is left behind in memory.
  line.reserve(kLongestWritten);
  const auto text = [&](std::string_view name, std::string_view value) {
    line += line.empty() ? "{\"" : ",\"";
    line += name;
    line += "\":\"";
    line += value;
    line += '"';
  };
  const auto secret = [&](std::string_view name, base::ByteView bytes) {
    std::string value = base::ToBase64Url(bytes);
    text(name, value);
    explicit_bzero(value.data(), value.size());
  };
  secret("caseKey", item.case_key);
  secret("pupil", item.pupil.bytes());
  text("kind", codebook.kinds().at(item.kind).code.code);
  text("opened", item.opened.Text());
  if (item.closed) {
    text("closed", item.closed->Text());
  } else {
    line += ",\"closed\":null";
  }
  text("ageBand", codebook.age_band_codes().at(item.age_band).code);
  text("level", codebook.levels().at(item.level).code);
  text("group", codebook.groups().at(item.group).code);
  text("openedBy", codebook.opened_by().at(item.opened_by).code);
  text("outcome", codebook.outcomes().at(item.outcome).code);
  text("duration", codebook.durations().at(item.duration).code);
  line += item.repeat ? ",\"repeat\":true}" : ",\"repeat\":false}";
  return line;
}

}  // namespace polder::stats::cases
