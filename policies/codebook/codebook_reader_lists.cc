#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/codebook/codebook_reader.h"

namespace polder::policies::codebook {

using base::Json;
using base::ObjectReader;

void CodebookReader::ReadCaseCodes(ObjectReader& document) {
  book_.levels_ = codes_.ReadCodes(document, "levels");
  book_.groups_ = codes_.ReadCodes(document, "groups");
  book_.opened_by_ = codes_.ReadCodes(document, "openedBy");
  book_.outcomes_ = codes_.ReadCodes(document, "outcomes");
  book_.durations_ = codes_.ReadCodes(document, "durations");
  const std::array<std::pair<const char*, const CodeList*>, 3> honest = {
      std::pair{"levels", &book_.levels_}, std::pair{"groups", &book_.groups_},
      std::pair{"durations", &book_.durations_}};
  for (const auto& [name, list] : honest) {
    if (list->size() > 0 && !list->Has("unknown")) {
      document.Fault("missing-code", name,
                     "must hold the code \"unknown\", so that a source that does not know need not "
                     "guess");
    }
  }

  book_.units_ = codes_.ReadCodes(document, "units");
  for (const char* unit : {"persons", "reports", "processes"}) {
    if (document.Has("units") && !book_.units_.Has(unit)) {
      document.Fault("missing-code", "units", "must hold the unit \"" + std::string(unit) + "\"");
    }
  }
  for (size_t i = 0; i < book_.units_.size(); ++i) {
    const std::string& code = book_.units_.at(i).code;
    if (!code.empty() && code != "persons" && code != "reports" && code != "processes") {
      problems_.Add("unknown-unit", base::Pointer(document.At("units"), i) + "/code",
                    "the units of count are persons, reports and processes");
    }
  }

  const auto refer = [&](const std::string& code, const std::string& pointer, const CodeList& list,
                         const std::string& what) {
    if (code.empty() || list.Has(code)) return;
    problems_.Add("unknown-reference", pointer,
                  "\"" + code + "\" is not in " + what + "; add it there or correct it here");
  };
  document.Object("reports", [&](ObjectReader& reports) {
    book_.report_opened_by_ = reports.Texts("openedBy");
    for (size_t i = 0; i < book_.report_opened_by_.size(); ++i) {
      refer(book_.report_opened_by_[i], base::Pointer(reports.At("openedBy"), i), book_.opened_by_,
            "openedBy");
    }
  });
  document.Object("administrative", [&](ObjectReader& rule) {
    book_.administrative_opened_by_ = rule.Code("openedBy");
    book_.administrative_outcome_ = rule.Code("outcome");
    refer(book_.administrative_opened_by_, rule.At("openedBy"), book_.opened_by_, "openedBy");
    refer(book_.administrative_outcome_, rule.At("outcome"), book_.outcomes_, "outcomes");
    book_.administrative_ = codes_.ReadCodes(rule, "codes");
    if (rule.Has("codes") &&
        (book_.administrative_.size() != 2 || !book_.administrative_.Has("yes") ||
         !book_.administrative_.Has("no"))) {
      rule.Fault("missing-code", "codes", "must hold exactly \"yes\" and \"no\"");
    }
  });
}

void CodebookReader::ReadPublicCounts(ObjectReader& document) {
  document.Objects("publicCounts", [&](ObjectReader& item) {
    const std::string measure = item.Code("measure");
    codes_.ReadLabel(item, "label");
    const std::string source = item.Text("source", 1, 400);
    const std::string day = item.Text("referenceDay");
    if (!day.empty() && !base::Date::Parse("2001-" + day)) {
      item.Fault("wrong-date", "referenceDay",
                 "must be a month and day that exist every year, as "
                 "mm-dd");
    }
    if (!measure.empty() && !measures_.emplace(measure, item.At("measure")).second) {
      item.Fault("duplicate-code", "measure", "this measure already has its counts; join the two");
    }
    item.Object("counts", [&](ObjectReader& counts) {
      const Json& places = item.Raw("counts");
      for (const auto& entry : places.items()) {
        if (entry.key() != book_.region_) {
          codes_.Refer(entry.key(), counts.At(entry.key()), municipalities_, "municipality");
        }
        counts.Map(entry.key(), [&](const std::string& text, const Json& value,
                                    const std::string& pointer) {
          const auto year = base::Date::Parse(text + "-01-01");
          if (!year || year->year() < 1900 || year->year() > 2200) {
            problems_.Add("wrong-year", pointer, "must be a year of four digits, 1900 to 2200");
            return;
          }
          if (!value.is_number_integer() || value < 0 || value > 20'000'000) {
            problems_.Add("out-of-range", pointer, "must be a whole number from 0 to 20000000");
            return;
          }
          book_.public_counts_.push_back(
              {measure, entry.key(), year->year(), value.get<int64_t>(), source});
        });
      }
    });
  });
  std::sort(book_.public_counts_.begin(), book_.public_counts_.end(),
            [](const PublicCount& a, const PublicCount& b) {
              return std::tie(a.measure, a.municipality, a.reference_year) <
                     std::tie(b.measure, b.municipality, b.reference_year);
            });
}

void CodebookReader::ReadSizes(ObjectReader& document) {
  document.Object("sizeClasses", [&](ObjectReader& sizes) {
    book_.size_measure_ = sizes.Code("measure");
    codes_.Refer(book_.size_measure_, sizes.At("measure"), measures_, "public count");
    CodeReader::Seen seen;
    std::string open_end;
    sizes.Objects("classes", [&](ObjectReader& item) {
      SizeClass size;
      size.code = codes_.ReadCode(item, seen);
      size.from = item.Integer("from", 0, 20'000'000);
      size.to = item.OptionalInteger("to", 0, 20'000'000);
      const int64_t expected =
          book_.size_classes_.empty() ? 0 : book_.size_classes_.back().to.value_or(-2) + 1;
      if (!book_.size_classes_.empty() && !book_.size_classes_.back().to) {
        item.Fault("overlapping-classes", "from",
                   "the class above has no upper end, so nothing can follow it");
      } else if (size.from != expected) {
        item.Fault(
            "gap-in-classes", "from",
            "must be " + std::to_string(expected) + ", so that every count has exactly one class");
      }
      if (size.to && *size.to < size.from) {
        item.Fault("ends-reversed", "to", "the upper end lies before the lower; swap them");
      }
      open_end = size.to ? item.At("to") : "";
      book_.size_classes_.push_back(std::move(size));
    });
    if (!open_end.empty()) {
      problems_.Add("no-open-class", open_end,
                    "the last class must have no upper end: leave out "
                    "\"to\"");
    }
  });
}

// A region's own count is only of use when it is the sum of the municipalities that have one.
void CodebookReader::CheckRegionTotals() {
  std::map<std::pair<std::string, int>, std::pair<int64_t, size_t>> parts;
  for (const PublicCount& count : book_.public_counts_) {
    if (count.municipality == book_.region_) continue;
    auto& [sum, places] = parts[{count.measure, count.reference_year}];
    sum += count.count;
    ++places;
  }
  for (const PublicCount& count : book_.public_counts_) {
    if (count.municipality != book_.region_) continue;
    const auto& [sum, places] = parts[{count.measure, count.reference_year}];
    if (places == book_.municipalities_.size() && sum != count.count) {
      problems_.Add("total-differs", "/publicCounts",
                    "the " + count.measure + " of " + count.municipality + " in " +
                        std::to_string(count.reference_year) +
                        " differ from the sum of its municipalities; correct one of them");
    }
  }
}

}  // namespace polder::policies::codebook
