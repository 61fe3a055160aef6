#include <array>

#include <nlohmann/json.hpp>

#include "policies/base/json_reader.h"
#include "policies/base/problem.h"
#include "stats/budget/ledger.h"

namespace polder::stats::budget {
namespace {

using base::Json;
using base::NanoRho;
using base::ObjectReader;

constexpr std::string_view kFormat = "polder-ledger-entry-1";
constexpr std::array kStages = {Stage::kReserved, Stage::kDrawn, Stage::kSealed, Stage::kCommitted,
                                Stage::kWithheld};

NanoRho ReadNano(ObjectReader& object, std::string_view name) {
  const std::string text = object.Text(name, 1, 19);
  if (text.empty()) return {};
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  const bool canonical = digits && (text == "0" || text.front() != '0');
  const auto value = canonical ? base::ToInt64(base::Integer(text)) : std::nullopt;
  if (!value) {
    object.Fault("not-an-amount", name, "Expected whole billionths of rho, as text.");
    return {};
  }
  return NanoRho(*value);
}

void ReadReservation(ObjectReader& object, Reservation& reservation) {
  reservation.population = object.Code("population");
  if (const std::string text = object.Text("period"); !text.empty()) {
    if (const auto period = base::Period::Parse(text)) {
      reservation.period = *period;
    } else {
      object.Fault("not-a-period", "period", "Expected a period such as 2022SJ or 2022SJ-Q3.");
    }
  }
  if (const std::string text = object.Text("kind"); !text.empty()) {
    if (const auto kind = policies::disclosure::ParseReleaseKind(text)) {
      reservation.kind = *kind;
    } else {
      object.Fault("unknown-release-kind", "kind", "This is no kind of release.");
    }
  }
  object.Object("binding", [&](ObjectReader& binding) {
    reservation.binding.release_id = binding.Text("releaseId");
    reservation.binding.freeze_digest = binding.Text("freezeDigest");
    reservation.binding.plan_digest = binding.Text("planDigest");
    reservation.binding.seed_commitments = binding.Texts("seedCommitments");
    binding.Finish();
  });
  reservation.cost = ReadNano(object, "nanoRho");
}

}  // namespace

std::string_view ToText(Stage stage) {
  switch (stage) {
    case Stage::kReserved:
      return "reserved";
    case Stage::kDrawn:
      return "drawn";
    case Stage::kSealed:
      return "sealed";
    case Stage::kCommitted:
      return "committed";
    case Stage::kWithheld:
      return "withheld";
  }
  return "";
}

std::optional<Stage> ParseStage(std::string_view text) {
  for (const Stage stage : kStages) {
    if (ToText(stage) == text) return stage;
  }
  return std::nullopt;
}

Json ToJson(const Entry& entry) {
  Json charges = Json::array();
  for (const Charge& charge : entry.charges) {
    charges.push_back({{"schoolYear", charge.school_year.Text()},
                       {"nanoRho", std::to_string(charge.amount.nano())}});
  }
  const Reservation& made = entry.reservation;
  return {{"format", kFormat},
          {"number", entry.number},
          {"reservationId", entry.reservation_id},
          {"stage", ToText(entry.stage)},
          {"population", made.population},
          {"period", made.period.Text()},
          {"kind", policies::disclosure::ToText(made.kind)},
          {"binding",
           {{"releaseId", made.binding.release_id},
            {"freezeDigest", made.binding.freeze_digest},
            {"planDigest", made.binding.plan_digest},
            {"seedCommitments", made.binding.seed_commitments}}},
          {"nanoRho", std::to_string(made.cost.nano())},
          {"charges", charges}};
}

std::string CanonicalEntry(const Entry& entry) { return base::CanonicalJson(ToJson(entry)); }

Entry EntryFromJson(const Json& json) {
  base::Problems problems;
  ObjectReader object(json, "", problems);
  Entry entry;
  if (const std::string format = object.Text("format"); !format.empty() && format != kFormat) {
    object.Fault("unknown-format", "format", "Expected \"polder-ledger-entry-1\".");
  }
  entry.number = static_cast<uint64_t>(object.Integer("number", 1, int64_t{1} << 53));
  entry.reservation_id = object.Code("reservationId");
  if (const std::string text = object.Text("stage"); !text.empty()) {
    if (const auto stage = ParseStage(text)) {
      entry.stage = *stage;
    } else {
      object.Fault("unknown-stage", "stage", "This is no stage of a reservation.");
    }
  }
  ReadReservation(object, entry.reservation);
  object.Array("charges", [&](const Json& element, const std::string& pointer) {
    ObjectReader reader(element, pointer, problems);
    Charge charge;
    if (const std::string text = reader.Text("schoolYear"); !text.empty()) {
      const auto year = base::Year::Parse(text);
      if (year && year->calendar() == base::Calendar::kAbsence) {
        charge.school_year = *year;
      } else {
        reader.Fault("not-a-school-year", "schoolYear", "Expected a school year such as 2022SJ.");
      }
    }
    charge.amount = ReadNano(reader, "nanoRho");
    reader.Finish();
    entry.charges.push_back(charge);
  });
  object.Finish();
  problems.ThrowIfAny();
  return entry;
}

}  // namespace polder::stats::budget
