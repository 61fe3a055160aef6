#include "server/member/mapping.h"

#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "policies/base/json_reader.h"
#include "policies/base/problem.h"

namespace polder::server::member {
namespace {

using policies::codebook::Codebook;

constexpr std::array<std::string_view, kFieldCount> kFieldNames = {
    "caseId", "bsn",   "educationNumber", "localPerson", "birthDate", "opened", "closed",
    "kind",   "level", "group",           "openedBy",    "outcome",   "repeat"};

bool IsRequired(Field field) {
  switch (field) {
    case Field::kBsn:
    case Field::kEducationNumber:
    case Field::kLocalPerson:
    case Field::kGroup:
    case Field::kRepeat:
      return false;
    default:
      return true;
  }
}

bool IsCoded(Field field) { return Index(field) >= Index(Field::kKind); }

bool IsKnownCode(Field field, const std::string& code, const Codebook& codebook) {
  switch (field) {
    case Field::kKind:
      return codebook.FindKind(code) != nullptr;
    case Field::kLevel:
      return codebook.levels().Has(code);
    case Field::kGroup:
      return codebook.groups().Has(code);
    case Field::kOpenedBy:
      return codebook.opened_by().Has(code);
    case Field::kOutcome:
      return codebook.outcomes().Has(code);
    default:
      return code == "true" || code == "false";
  }
}

// Reads one entry of "fields" and notes what is wrong with it.
FieldMapping ReadField(Field field, base::ObjectReader& reader, const Codebook& codebook) {
  FieldMapping result;
  result.column = reader.Text("column", 1, 200);
  const auto check = [&](const std::string& code, std::string_view name) {
    if (!IsKnownCode(field, code, codebook)) {
      reader.Fault("unknown-code", name,
                   "\"" + code + "\" is not a code of this codebook for " +
                       std::string(ToText(field)) + "; use one that is");
    }
  };
  reader.Map(
      "codes",
      [&](const std::string& cell, const base::Json& code, const std::string&) {
        if (!code.is_string()) {
          reader.Fault("wrong-type", "codes", "every code of \"" + cell + "\" must be a text");
          return;
        }
        check(code.get<std::string>(), "codes");
        result.codes.emplace(cell, code.get<std::string>());
      },
      IsCoded(field));
  result.empty = reader.OptionalText("empty");
  if (result.empty) check(*result.empty, "empty");
  if (!IsCoded(field) && (result.empty || !result.codes.empty())) {
    reader.Fault("codes-not-used", "", "this field is no code: leave out \"codes\" and \"empty\"");
  }
  return result;
}

}  // namespace

std::string_view ToText(Field field) { return kFieldNames[Index(field)]; }

Mapping Mapping::FromJson(const base::Json& json, const Codebook& codebook) {
  base::Problems problems;
  Mapping mapping;
  base::ObjectReader reader(json, "", problems);
  if (reader.Text("format") != "polder-mapping-1") {
    reader.Fault("unknown-format", "format", "this program reads \"polder-mapping-1\"");
  }
  mapping.id_ = reader.Code("id");
  mapping.version_ = reader.Code("version");
  mapping.source_system_ = reader.Text("sourceSystem", 1, 64);
  reader.Ignore("title");
  const std::string delimiter = reader.Text("delimiter", 1, 1);
  if (delimiter != ";" && delimiter != "," && delimiter != "\t" && delimiter != "|") {
    reader.Fault("bad-delimiter", "delimiter", "use ; or , or | or a tab");
  } else {
    mapping.delimiter_ = delimiter[0];
  }
  const std::string encoding = reader.Text("encoding");
  mapping.encoding_ = encoding == "windows-1252" ? Encoding::kWindows1252 : Encoding::kUtf8;
  if (encoding != "windows-1252" && encoding != "utf-8") {
    reader.Fault("bad-encoding", "encoding", "use \"utf-8\" or \"windows-1252\"");
  }
  const std::string date_format = reader.Text("dateFormat");
  mapping.date_format_ = date_format == "dd-mm-yyyy" ? DateFormat::kDayFirst : DateFormat::kIso;
  if (date_format != "dd-mm-yyyy" && date_format != "yyyy-mm-dd") {
    reader.Fault("bad-date-format", "dateFormat", "use \"dd-mm-yyyy\" or \"yyyy-mm-dd\"");
  }

  std::set<std::string> columns;
  const auto claim = [&](const std::string& column, std::string_view at) {
    if (!column.empty() && !columns.insert(column).second) {
      reader.Fault("column-twice", at, "column \"" + column + "\" is named twice");
    }
  };
  reader.Object("fields", [&](base::ObjectReader& fields) {
    for (size_t i = 0; i < kFieldCount; ++i) {
      const auto field = static_cast<Field>(i);
      fields.Object(
          kFieldNames[i],
          [&](base::ObjectReader& one) { mapping.fields_[i] = ReadField(field, one, codebook); },
          IsRequired(field));
      claim(mapping.fields_[i].column, "fields");
    }
  });
  if (mapping.Of(Field::kBsn).column.empty() &&
      mapping.Of(Field::kEducationNumber).column.empty() &&
      mapping.Of(Field::kLocalPerson).column.empty()) {
    reader.Fault("no-identifier", "fields",
                 "map at least one of bsn, educationNumber, localPerson");
  }
  mapping.dropped_ = reader.Texts("drop");
  for (const std::string& column : mapping.dropped_) claim(column, "drop");
  reader.Finish();
  problems.ThrowIfAny();
  return mapping;
}

}  // namespace polder::server::member
