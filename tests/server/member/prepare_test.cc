#include "server/member/prepare.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "stats/cases/delivery.h"
#include "tests/server/member/support.h"

namespace polder::server::member {
namespace {

using base::Problem;

// Row with a good person; fields that tests vary are arguments.
std::string Row(const std::string& id, const std::string& bsn, const std::string& born,
                const std::string& kind, const std::string& opened, const std::string& closed) {
  return id + ",P01," + bsn + ",,Nijland,Zoë," + born + ",Dorpsstraat 4,0612345678," + kind + "," +
         opened + "," + closed + ",VO,-,SCHOOL,RETURNED,false,A. Wolters,\"Moeder, vader\"\n";
}

const std::string kGoodRow = Row("Z1", "111222333", "2008-05-17", "20", "2023-03-06", "2023-04-17");

TEST(Prepare, MakesADeliveryThatTheRegionAccepts) {
  const auto prepared = Job().Run(
      kRegisterHeader + kGoodRow +
      "Z2,P02,,101222331,Melnyk,Daryna,2015-01-02,,,10,2023-02-14,,NONE,UKR,AUTO,ADMIN,,,\n" +
      "Z3,P03,,,Postma,Jop,2010-09-09,,,23,2022-11-30,2023-02-03,VO,,DUO,,true,,\n");
  EXPECT_EQ(prepared.rows, 3U);
  const auto delivery = stats::cases::ReadDelivery(prepared.ndjson.view(), TheCodebook());
  EXPECT_EQ(delivery.manifest.municipality, "GM0148");
  EXPECT_EQ(delivery.manifest.token_domain, "RMC10/absence/2022SJ");
  EXPECT_EQ(delivery.manifest.mapping_id, "register-csv");
  EXPECT_EQ(delivery.manifest.cases, 3U);
  EXPECT_FALSE(delivery.manifest.conversion);
  ASSERT_EQ(delivery.cases.size(), 3U);
  for (const auto& item : delivery.cases) {
    const std::string kind = TheCodebook().kinds()[item.kind].code.code;
    const std::string level = TheCodebook().levels().at(item.level).code;
    const std::string group = TheCodebook().groups().at(item.group).code;
    const std::string duration = TheCodebook().durations().at(item.duration).code;
    const std::string band = TheCodebook().age_bands()[item.age_band].code.code;
    if (kind == "R16") {
      EXPECT_EQ(item.opened.Text(), "2023-W10");
      EXPECT_EQ(item.closed->Text(), "2023-W16");
      EXPECT_EQ(duration, "4w-3m");
      EXPECT_EQ(band, "12-15");
      EXPECT_EQ(group, "none");
      EXPECT_FALSE(item.repeat);
    } else if (kind == "AV") {
      EXPECT_FALSE(item.closed.has_value());
      EXPECT_EQ(duration, "unknown");
      EXPECT_EQ(band, "5-11");
      EXPECT_EQ(group, "displacedUkraine");
      EXPECT_EQ(level, "none");
    } else {
      EXPECT_EQ(kind, "OVR");
      EXPECT_EQ(group, "unknown");
      EXPECT_TRUE(item.repeat);
      EXPECT_EQ(TheCodebook().outcomes().at(item.outcome).code, "stillOpen");
    }
  }
}

TEST(Prepare, ReadsWindows1252AndDayFirstDates) {
  Job job;
  job.mapping = &JvsMapping();
  const auto prepared =
      job.Run(kJvsHeader +
              "Z1;P1;123456782;;B\xF6hmer;Zo\xEB;17-05-2006;V;Nederlandse;7701 AB;'t Kompas;00XX;"
              "Langdurig relatief verzuim;06-03-2023;17-04-2023;Mbo niveau 4;Oekra\xEF"
              "ense ontheemde;Leerplichtambtenaar;Proces-verbaal;J;C. Ren\xE8s;\"Zegt: "
              "\"\"nee\"\"; \x80 5\"\r\n");
  const auto delivery = stats::cases::ReadDelivery(prepared.ndjson.view(), TheCodebook());
  ASSERT_EQ(delivery.cases.size(), 1U);
  const auto& item = delivery.cases[0];
  EXPECT_EQ(TheCodebook().kinds()[item.kind].code.code, "LRV");
  EXPECT_EQ(TheCodebook().levels().at(item.level).code, "mbo34");
  EXPECT_EQ(TheCodebook().groups().at(item.group).code, "displacedUkraine");
  EXPECT_EQ(TheCodebook().outcomes().at(item.outcome).code, "other");  // no criminal data leaves
  EXPECT_EQ(TheCodebook().age_bands()[item.age_band].code.code, "16-17");
  EXPECT_TRUE(item.repeat);
}

TEST(Prepare, GivesOnePupilOneTokenAndCasesTheirOwnKeys) {
  const auto prepared =
      Job().Run(kRegisterHeader + kGoodRow +
                Row("Z2", "111222333", "2008-05-17", "23", "2023-03-20", "2023-03-29") +
                Row("Z3", "123456782", "2008-05-17", "20", "2023-03-06", "2023-04-17"));
  const auto delivery = stats::cases::ReadDelivery(prepared.ndjson.view(), TheCodebook());
  std::set<std::array<uint8_t, 32>> pupils;
  std::set<std::array<uint8_t, 16>> keys;
  for (const auto& item : delivery.cases) {
    pupils.insert(item.pupil.bytes());
    keys.insert(item.case_key);
  }
  EXPECT_EQ(pupils.size(), 2U);
  EXPECT_EQ(keys.size(), 3U);
}

// The pupil's token and the case's key of a delivery with one case.
std::pair<std::array<uint8_t, 32>, std::array<uint8_t, 16>> Keys(const Job& job,
                                                                 const std::string& row) {
  const auto prepared = job.Run(kRegisterHeader + row);
  const auto delivery = stats::cases::ReadDelivery(prepared.ndjson.view(), TheCodebook());
  return {delivery.cases.at(0).pupil.bytes(), delivery.cases.at(0).case_key};
}

TEST(Prepare, LinksWhatMustBeLinkedAndNothingElse) {
  const std::string carried =
      Row("Z1", "111222333", "2008-05-17", "20", "2023-04-26", "2023-05-10");
  const std::string local = "Z1,P01,,,,,2008-05-17,,,20,2023-04-26,2023-05-10,VO,-,DUO,,,,\n";
  Job third, fourth, zwolle, other_key;
  fourth.period = "2022SJ-Q4";
  zwolle.municipality = "GM0193";
  other_key.case_key = "another secret of the municipality, long enough";
  const auto base = Keys(third, carried);
  EXPECT_EQ(Keys(fourth, carried), base);  // a later quarter of the year: same pupil, same case
  EXPECT_EQ(Keys(zwolle, carried).first, base.first);    // a pupil who moved
  EXPECT_NE(Keys(zwolle, carried).second, base.second);  // another municipality's case
  EXPECT_EQ(Keys(other_key, carried).first, base.first);
  EXPECT_NE(Keys(other_key, carried).second, base.second);
  // A local number means nothing elsewhere.
  EXPECT_NE(Keys(third, local).first, Keys(zwolle, local).first);
  EXPECT_NE(Keys(third, local).first, base.first);
  // Another school year: unrelated.
  Job next;
  next.period = "2023SJ-Q1";
  const std::string later = Row("Z1", "111222333", "2008-05-17", "20", "2023-09-11", "");
  EXPECT_NE(Keys(next, later).first, base.first);
}

TEST(Prepare, IsTheSameEveryTimeAndTheOrderOfTheExportDoesNotShow) {
  const std::string second = Row("Z2", "123456782", "2009-05-17", "22", "2023-02-20", "2023-03-01");
  const auto once = Job().Run(kRegisterHeader + kGoodRow + second);
  const auto again = Job().Run(kRegisterHeader + kGoodRow + second);
  const auto turned = Job().Run(kRegisterHeader + second + kGoodRow);
  EXPECT_EQ(once.ndjson.view(), again.ndjson.view());
  EXPECT_EQ(once.ndjson.view(), turned.ndjson.view());
  const auto other = Job().Run(kRegisterHeader + second);
  EXPECT_NE(once.manifest.delivery_id, other.manifest.delivery_id);
  Job replacing;
  replacing.replaces = once.manifest.delivery_id;
  replacing.conversion = true;
  const auto replaced = replacing.Run(kRegisterHeader + kGoodRow + second);
  EXPECT_NE(once.manifest.delivery_id, replaced.manifest.delivery_id);
  EXPECT_EQ(replaced.manifest.replaces, once.manifest.delivery_id);
  EXPECT_TRUE(stats::cases::ReadManifest(replaced.ndjson.view()).conversion);
}

TEST(Prepare, AnExportWithoutCasesIsADeliveryToo) {
  const auto prepared = Job().Run(kRegisterHeader);
  EXPECT_EQ(prepared.rows, 0U);
  EXPECT_EQ(stats::cases::ReadDelivery(prepared.ndjson.view(), TheCodebook()).cases.size(), 0U);
}

TEST(Prepare, TakesWeeksThatTouchTheQuarterAndNoOthers) {
  // 2022SJ-Q3 is February to April 2023; 30 January and 30 April lie in weeks that touch it.
  const auto fault = [](const std::string& opened, const std::string& closed) {
    const auto faults =
        Job().Faults(kRegisterHeader + Row("Z1", "111222333", "2008-05-17", "20", opened, closed));
    return faults.empty() ? std::string() : faults[0].code;
  };
  EXPECT_EQ(fault("2023-01-30", ""), "");
  EXPECT_EQ(fault("2023-04-30", ""), "");
  EXPECT_EQ(fault("2023-01-29", ""), "outside-period");
  EXPECT_EQ(fault("2023-05-01", ""), "outside-period");
  EXPECT_EQ(fault("2022-10-10", "2023-01-29"), "outside-period");
  EXPECT_EQ(fault("2022-10-10", "2023-01-30"), "");
  EXPECT_EQ(fault("2022-10-10", "2023-05-01"), "outside-period");
}

TEST(Prepare, NothingThatIdentifiesIsInWhatLeaves) {
  std::string rows;
  const std::vector<std::string> secrets = {"111222333",  "123456782",  "101222331",  "Z000777",
                                            "P0100777",   "Böhmer",     "Böhm",       "Zoë",
                                            "2008-05-17", "17-05-2008", "20080517",   "Dorpsstraat",
                                            "0612345678", "Wolters",    "ik ga niet", "2023-03-06",
                                            "20230306",   "Snipperdag", "family_name"};
  rows +=
      "Z000777,P0100777,111222333,101222331,Böhmer,Zoë,2008-05-17,Dorpsstraat 4,0612345678,20,"
      "2023-03-06,2023-04-17,VO,-,SCHOOL,RETURNED,false,A. Wolters,\"zegt: ik ga niet\"\n";
  rows +=
      "Z000778,P0100777,123456782,,Böhmer,Zoë,2008-05-17,Dorpsstraat 4,0612345678,22,"
      "2023-03-06,2023-04-17,VO,-,SCHOOL,RETURNED,false,A. Wolters,\"Snipperdag\"\n";
  const std::string csv = kRegisterHeader + rows;
  const auto prepared = Job().Run(csv);
  std::string bytes(prepared.ndjson.view());
  for (const std::string& secret : secrets) {
    ASSERT_NE(csv.find(secret == "17-05-2008" || secret == "20080517" || secret == "20230306"
                           ? "2008-05-17"
                           : secret),
              std::string::npos)
        << "the export must hold what is searched for: " << secret;
    EXPECT_EQ(bytes.find(secret), std::string::npos) << secret;
    // Nor in another form: base64 of it, at any alignment, or hex.
    for (const char* pad : {"", "x", "xx"}) {
      const std::string encoded = base::ToBase64Url(base::AsBytes(pad + secret));
      const size_t skip = pad[0] == '\0' ? 0 : pad[1] == '\0' ? 2 : 3;
      const std::string core = encoded.substr(skip, encoded.size() - skip - 2);
      if (core.size() >= 6) {
        EXPECT_EQ(bytes.find(core), std::string::npos) << secret;
      }
    }
    EXPECT_EQ(bytes.find(base::ToHex(base::AsBytes(secret))), std::string::npos) << secret;
  }
  // Only the documented fields are there.
  size_t start = bytes.find('\n') + 1;
  const auto line = base::ParseJson(bytes.substr(start, bytes.find('\n', start) - start));
  std::set<std::string> fields;
  for (const auto& item : line.items()) fields.insert(item.key());
  EXPECT_EQ(fields,
            (std::set<std::string>{"ageBand", "caseKey", "closed", "duration", "group", "kind",
                                   "level", "opened", "openedBy", "outcome", "pupil", "repeat"}));
}

}  // namespace
}  // namespace polder::server::member
