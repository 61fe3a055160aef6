#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/member/support.h"

namespace polder::server::member {
namespace {

using base::Problem;
using Place = std::tuple<std::string, uint64_t, uint64_t, std::string>;

std::set<Place> Places(const std::vector<Problem>& problems) {
  std::set<Place> places;
  for (const Problem& problem : problems) {
    places.emplace(problem.code, problem.line, problem.column, problem.pointer);
  }
  return places;
}

// One export with a fault in nearly every line; each is expected at its line and column.
const std::string kFaulty =
    kRegisterHeader +
    // 2: number that fails the 11-test
    "Z2,P01,111222334,,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    // 3: education number, 4: no number at all
    "Z3,P01,,101222332,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    "Z4,,,,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    // 5: date in another form, 6: a day that does not exist, 7: no birth date
    "Z5,,111222333,,N,Z,17-05-2008,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    "Z6,,111222333,,N,Z,2008-05-17,,,20,2023-02-30,,VO,-,SCHOOL,,,,\n"
    "Z7,,111222333,,N,Z,,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    // 8: closed before opened, 9: outside the quarter
    "Z8,,111222333,,N,Z,2008-05-17,,,20,2023-03-06,2023-03-05,VO,-,SCHOOL,,,,\n"
    "Z9,,111222333,,N,Z,2008-05-17,,,20,2022-03-06,,VO,-,SCHOOL,,,,\n"
    // 10: born after opened, 11: too old, 12: too young for the kind
    "Z10,,111222333,,N,Z,2023-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    "Z11,,111222333,,N,Z,1990-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    "Z12,,111222333,,N,Z,2014-05-17,,,24,2023-03-06,,VO,-,SCHOOL,,,,\n"
    // 13 to 17: unknown codes in each coded column
    "Z13,,111222333,,N,Z,2008-05-17,,,77,2023-03-06,,VO,-,SCHOOL,,,,\n"
    "Z14,,111222333,,N,Z,2008-05-17,,,20,2023-03-06,,HAVO,-,SCHOOL,,,,\n"
    "Z15,,111222333,,N,Z,2008-05-17,,,20,2023-03-06,,VO,SYR,SCHOOL,,,,\n"
    "Z16,,111222333,,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,NEIGHBOUR,,,,\n"
    "Z17,,111222333,,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,LOST,maybe,,\n"
    // 18: kind of the other calendar, 19: empty kind and origin
    "Z18,,111222333,,N,Z,2006-05-17,,,51,2023-03-06,,VO,-,DUO,,,,\n"
    "Z19,,111222333,,N,Z,2008-05-17,,,,2023-03-06,,VO,-,,,,,\n"
    // 20: case of line 2 again, 21: no case number
    "Z2,,111222333,,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    ",,111222333,,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    // 22: a field too many, 23: a field too few
    "Z22,,111222333,,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,,\n"
    "Z23,,111222333,,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,\n"
    // 24: a byte that is no UTF-8 (after an é, which is one character), 25: a stray quote
    "Z24,,111222333,,é,\xFF,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    "Z25,,111222333,,N,a\"b,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    // 26: a quote that is never closed
    "Z26,,111222333,,\"N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    // 27: two faults in one line, 28: faultless
    "Z27,,123,,N,Z,x,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n"
    "Z28,,111222333,,N,Z,2008-05-17,,,20,2023-03-06,,VO,-,SCHOOL,,,,\n";

const std::set<Place> kExpected = {
    {"bad-bsn", 2, 8, "bsn"},
    {"bad-education-number", 3, 9, "education_number"},
    {"no-identifier", 4, 5, "bsn"},
    {"bad-date", 5, 20, "date_of_birth"},
    {"no-such-day", 6, 36, "date_opened"},
    {"missing-value", 7, 20, "date_of_birth"},
    {"closed-before-opened", 8, 47, "date_closed"},
    {"outside-period", 9, 36, "date_opened"},
    {"born-after-opened", 10, 21, "date_of_birth"},
    {"age-outside-bands", 11, 21, "date_of_birth"},
    {"age-impossible", 12, 34, "case_type"},
    {"unknown-code", 13, 34, "case_type"},
    {"unknown-code", 14, 49, "education"},
    {"unknown-code", 15, 52, "target_group"},
    {"unknown-code", 16, 54, "origin"},
    {"unknown-code", 17, 61, "result"},
    {"unknown-code", 17, 66, "recurrence"},
    {"kind-of-other-calendar", 18, 34, "case_type"},
    {"missing-value", 19, 34, "case_type"},
    {"missing-value", 19, 52, "origin"},
    {"duplicate-case", 20, 1, "case_id"},
    {"missing-value", 21, 1, "case_id"},
    {"wrong-field-count", 22, 1, ""},
    {"wrong-field-count", 23, 1, ""},
    {"bad-encoding", 24, 19, ""},
    {"bad-quoting", 25, 20, ""},
    {"unclosed-quote", 26, 17, ""},
    {"bad-bsn", 27, 6, "bsn"},
    {"bad-date", 27, 15, "date_of_birth"},
};

TEST(PrepareFaults, AllAreToldAtOnceByLineAndColumn) {
  const auto faults = Places(Job().Faults(kFaulty));
  for (const Place& place : kExpected) {
    EXPECT_TRUE(faults.contains(place))
        << std::get<0>(place) << " line " << std::get<1>(place) << " column " << std::get<2>(place);
  }
  for (const Place& place : faults) {
    EXPECT_TRUE(kExpected.contains(place))
        << "not expected: " << std::get<0>(place) << " line " << std::get<1>(place) << " column "
        << std::get<2>(place) << " " << std::get<3>(place);
  }
  EXPECT_GE(kExpected.size(), 20U);
}

TEST(PrepareFaults, EachLineAloneIsRefusedForItsOwnFault) {
  std::vector<std::string> lines;
  std::string rest = kFaulty;
  for (size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
    lines.push_back(rest.substr(0, end + 1));
    rest.erase(0, end + 1);
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    std::set<std::string> expected;
    for (const auto& [code, line, column, pointer] : kExpected) {
      if (line == i + 1 && code != "duplicate-case") expected.insert(code);
    }
    std::set<std::string> found;
    for (const Problem& problem : Job().Faults(kRegisterHeader + lines[i])) {
      EXPECT_EQ(problem.line, 2U);
      found.insert(problem.code);
    }
    EXPECT_EQ(found, expected) << "line " << i + 1;
  }
}

TEST(PrepareFaults, OfTheHeaderNameEveryColumn) {
  std::string header = kRegisterHeader;
  header.replace(header.find("date_opened"), 11, "opened_on");
  header.replace(header.find("origin"), 6, "bsn");
  header.replace(header.find("notes"), 5, "mood");
  const auto faults = Places(Job().Faults(header + "Z1,,111222333\n"));
  EXPECT_TRUE(faults.contains({"missing-column", 1, 0, "date_opened"}));
  EXPECT_TRUE(faults.contains({"missing-column", 1, 0, "origin"}));
  EXPECT_TRUE(faults.contains({"duplicate-column", 1, header.rfind(",bsn,") + 2, ""}));
  EXPECT_TRUE(faults.contains({"unknown-column", 1, header.find("mood") + 1, ""}));
  EXPECT_TRUE(faults.contains({"wrong-field-count", 2, 1, ""}));
}

TEST(PrepareFaults, OfTheRequestComeBeforeTheFileIsRead) {
  const auto code = [](const Job& job) {
    const auto faults = job.Faults(kRegisterHeader);
    return faults.empty() ? std::string() : faults[0].code;
  };
  Job year, elsewhere, weak, named;
  year.period = "2022SJ";
  elsewhere.municipality = "GM0363";
  weak.case_key = "short";
  named.replaces = "not a number!";
  EXPECT_EQ(code(year), "not-a-quarter");
  EXPECT_EQ(code(elsewhere), "unknown-municipality");
  EXPECT_EQ(code(weak), "weak-key");
  EXPECT_EQ(code(named), "bad-identifier");
  EXPECT_EQ(Job().Faults("")[0].code, "empty-export");
}

TEST(PrepareFaults, AreInPlainDutchOrEnglishAndSayWhatToDo) {
  const auto dutch = Job().Faults(kFaulty);
  Job english_job;
  english_job.language = Language::kEnglish;
  const auto english = english_job.Faults(kFaulty);
  ASSERT_EQ(dutch.size(), english.size());
  for (size_t i = 0; i < dutch.size(); ++i) {
    EXPECT_EQ(dutch[i].code, english[i].code);
    EXPECT_NE(dutch[i].detail, english[i].detail) << dutch[i].code;
    EXPECT_EQ(dutch[i].detail.find('{'), std::string::npos);
  }
  const auto has = [](const std::vector<Problem>& problems, std::string_view text) {
    return std::any_of(problems.begin(), problems.end(), [&](const Problem& problem) {
      return problem.detail.find(text) != std::string::npos;
    });
  };
  EXPECT_TRUE(has(dutch, "\"HAVO\" staat niet in de mapping"));
  EXPECT_TRUE(has(dutch, "Dit is geen datum in de vorm jjjj-mm-dd"));
  EXPECT_TRUE(has(english, "This case was already on line 2"));
}

TEST(PrepareFaults, NeverQuoteWhoItIsAbout) {
  const std::string csv =
      kRegisterHeader +
      "SECRET-1,SECRET-2,123456789,987654321,SECRET-3,SECRET-4,2008-13-17,SECRET-5,0612345678,"
      "123456789,SECRET-6,2023-03-06x,a code that is longer than any code would ever be,SECRET-7 "
      "of "
      "somebody called 0612345678,SCHOOL,,,,\n";
  for (const Language language : {Language::kDutch, Language::kEnglish}) {
    Job job;
    job.language = language;
    const auto faults = job.Faults(csv);
    EXPECT_GE(faults.size(), 6U);
    for (const Problem& problem : faults) {
      for (const char* secret :
           {"SECRET", "123456789", "987654321", "2008", "0612345678", "longer"}) {
        EXPECT_EQ(base::ToLine(problem).find(secret), std::string::npos) << base::ToLine(problem);
      }
    }
  }
}

TEST(PrepareFaults, AHostileFileCannotFillTheMemory) {
  std::string csv = kRegisterHeader;
  for (int i = 0; i < 5000; ++i) csv += "x\n";
  const auto faults = Job().Faults(csv);
  EXPECT_EQ(faults.size(), 1001U);
  EXPECT_EQ(faults.back().code, "too-many-problems");
}

}  // namespace
}  // namespace polder::server::member
