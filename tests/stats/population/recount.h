// The shared laws once more, as plainly as they can be written: exports are parsed back from their
// bytes by header names and the shipped mapping files, and counted with maps of text.
#ifndef POLDER_TESTS_STATS_POPULATION_RECOUNT_H_
#define POLDER_TESTS_STATS_POPULATION_RECOUNT_H_

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/stats/population/support.h"

namespace polder::stats::population {

using TextRow = std::map<std::string, std::string>;

// RFC 4180 for well-formed input, one header row.
inline std::vector<TextRow> ParseCsv(std::string text, char delimiter) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& field = rows.back().back();
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == delimiter) {
      rows.back().emplace_back();
    } else if (c == '\n') {
      rows.emplace_back(1);
    } else if (c != '\r') {
      field += c;
    }
  }
  rows.pop_back();  // after the last line break
  std::vector<TextRow> result;
  for (size_t r = 1; r < rows.size(); ++r) {
    if (rows[r].size() != rows[0].size()) throw std::runtime_error("row of another width");
    TextRow row;
    for (size_t c = 0; c < rows[0].size(); ++c) row[rows[0][c]] = rows[r][c];
    result.push_back(row);
  }
  return result;
}

inline std::string Latin1ToUtf8(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

struct Reported {  // one case, all text
  std::string pupil, kind, level, group, opened_by, outcome;
  base::Date born, opened;
};

class Recount {
 public:
  // Later calls are later deliveries; a whole file replaces the earlier one of its place and
  // period.
  void Deliver(const std::string& municipality, const std::string& period, bool jvs,
               const std::string& bytes) {
    const auto parsed = base::Period::Parse(period).value();
    auto& file = files_[parsed][municipality];
    file.clear();
    const base::Json mapping = ReadJson(std::string("policies/data/mappings/") +
                                        (jvs ? "jvs-csv-1" : "register-csv-1") + ".json");
    const auto& fields = mapping.at("fields");
    for (const TextRow& row : ParseCsv(jvs ? Latin1ToUtf8(bytes) : bytes,
                                       mapping.at("delimiter").get<std::string>()[0])) {
      const auto cell = [&](const char* field) {
        return row.at(fields.at(field).at("column").get<std::string>());
      };
      const auto code = [&](const char* field) {
        const std::string text = cell(field);
        if (text.empty()) return fields.at(field).at("empty").get<std::string>();
        return fields.at(field).at("codes").at(text).get<std::string>();
      };
      const auto day = [&](const char* field) {
        const std::string text = cell(field);
        return base::Date::Parse(jvs ? text.substr(6, 4) + text.substr(2, 4) + text.substr(0, 2)
                                     : text)
            .value();
      };
      Reported one;
      one.pupil = !cell("bsn").empty()               ? "bsn " + cell("bsn")
                  : !cell("educationNumber").empty() ? "edu " + cell("educationNumber")
                                                     : municipality + " " + cell("localPerson");
      one.kind = code("kind");
      one.level = code("level");
      one.group = code("group");
      one.opened_by = code("openedBy");
      one.outcome = code("outcome");
      one.born = day("birthDate");
      one.opened = day("opened");
      if (!file.emplace(cell("caseId"), one).second) throw std::runtime_error("case twice");
    }
  }

  // The same shape as CountTruth with the default rules.
  base::Json Count(const base::Period& period) const {
    std::map<std::tuple<std::string, std::string, std::string>, Reported> latest;
    for (const auto& [delivered, places] : files_) {  // ascending
      if (delivered.year() != period.year()) continue;
      for (const auto& [place, rows] : places) {
        for (const auto& [id, row] : rows) latest[{place, id, row.pupil}] = row;
      }
    }
    std::map<std::string, std::vector<std::vector<size_t>>> pupils;  // sort keys, then case index
    std::vector<const Reported*> cases;
    std::vector<std::string> places;
    for (const auto& [key, one] : latest) {
      const base::Date monday = base::IsoWeek::Of(one.opened).Monday();
      if (!period.Contains(monday.Plus(3))) continue;
      pupils[one.pupil].push_back(
          {static_cast<size_t>(monday.days()), PlaceOrder(std::get<0>(key)), KindOrder(one.kind),
           BandOrder(one), TheCodebook().levels().IndexOf(one.level).value(),
           TheCodebook().groups().IndexOf(one.group).value(), cases.size()});
      cases.push_back(&one);
      places.push_back(std::get<0>(key));
    }
    base::Json out = {{"persons", Empty({"total", "kind", "municipality", "municipality-kind",
                                         "kind-ageBand", "kind-group", "kind-administrative"})},
                      {"reports", Empty({"kind", "municipality-kind"})},
                      {"processes", Empty({"kind"})},
                      {"dropped", Empty({"total"})}};
    for (auto& [pupil, keys] : pupils) {
      std::sort(keys.begin(), keys.end());
      std::vector<std::string> order;
      std::map<std::string, int> processes, reports;
      std::map<std::string, bool> administrative;
      for (const auto& key : keys) {
        const Reported& one = *cases[key.back()];
        const std::string group = TheCodebook().FindKind(one.kind)->group;
        if (std::find(order.begin(), order.end(), group) == order.end()) {
          order.push_back(group);
          administrative[group] = true;
        }
        ++processes[group];
        reports[group] += one.opened_by == "school" || one.opened_by == "duoSignal" ? 1 : 0;
        if (one.opened_by != "auto4w" || one.outcome != "adminOnly") administrative[group] = false;
      }
      const Reported& first = *cases[keys[0].back()];
      const std::string place = places[keys[0].back()];
      const std::string band = TheCodebook().age_bands()[keys[0][3]].code.code;
      int dropped = 0;
      for (size_t i = 0; i < order.size(); ++i) {
        const std::string& kind = order[i];
        if (i >= 2) {
          ++dropped;
          continue;
        }
        dropped += std::max(0, reports[kind] - 6);
        Add(out["persons"]["total"], "", 1);
        Add(out["persons"]["kind"], kind, 1);
        Add(out["persons"]["municipality"], place, 1);
        Add(out["persons"]["municipality-kind"], place + "|" + kind, 1);
        Add(out["persons"]["kind-ageBand"], kind + "|" + band, 1);
        Add(out["persons"]["kind-group"], kind + "|" + first.group, 1);
        Add(out["persons"]["kind-administrative"], kind + (administrative[kind] ? "|yes" : "|no"),
            1);
        Add(out["reports"]["kind"], kind, std::min(6, reports[kind]));
        Add(out["reports"]["municipality-kind"], place + "|" + kind, std::min(6, reports[kind]));
        Add(out["processes"]["kind"], kind, std::min(3, processes[kind]));
      }
      Add(out["dropped"]["total"], "", std::min(4, dropped));
    }
    return out;
  }

 private:
  static base::Json Empty(const std::vector<std::string>& tables) {
    base::Json json = base::Json::object();
    for (const std::string& table : tables) json[table] = base::Json::object();
    return json;
  }
  static void Add(base::Json& table, const std::string& cell, int units) {
    if (units > 0) table[cell] = table.value(cell, 0) + units;
  }
  static size_t PlaceOrder(const std::string& code) {
    const auto& list = TheCodebook().municipalities();
    size_t i = 0;
    while (list.at(i).code.code != code) ++i;
    return i;
  }
  static size_t KindOrder(const std::string& code) {
    const auto& list = TheCodebook().kinds();
    size_t i = 0;
    while (list.at(i).code.code != code) ++i;
    return i;
  }
  static size_t BandOrder(const Reported& one) {
    const int age = one.opened.AgeOf(one.born);
    const auto& list = TheCodebook().age_bands();
    size_t i = 0;
    while (age < list.at(i).from || age > list.at(i).to) ++i;
    return i;
  }

  std::map<base::Period, std::map<std::string, std::map<std::string, Reported>>> files_;
};

}  // namespace polder::stats::population

#endif  // POLDER_TESTS_STATS_POPULATION_RECOUNT_H_
