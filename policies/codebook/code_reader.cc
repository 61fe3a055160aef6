#include <utility>

#include <nlohmann/json.hpp>

#include "policies/codebook/codebook_reader.h"

namespace polder::policies::codebook {

using base::Json;
using base::ObjectReader;

Label CodeReader::ReadLabel(ObjectReader& object, std::string_view name) {
  Label label;
  object.Object(name, [&](ObjectReader& texts) {
    label.nl = texts.Text("nl", 1, 200);
    label.en = texts.Text("en", 1, 200);
  });
  return label;
}

Validity CodeReader::ReadValidity(ObjectReader& object) {
  Validity valid;
  const auto date = [&](std::string_view name) -> std::optional<base::Date> {
    const auto text = object.OptionalText(name);
    if (!text) return std::nullopt;
    const auto day = base::Date::Parse(*text);
    if (!day) {
      object.Fault("wrong-date", name, "must be a day that exists, as yyyy-mm-dd");
    }
    return day;
  };
  valid.from = date("validFrom");
  valid.to = date("validTo");
  if (valid.from && valid.to && *valid.to < *valid.from) {
    object.Fault("dates-reversed", "validTo", "the last day lies before validFrom; swap them");
  }
  return valid;
}

Code CodeReader::ReadCode(ObjectReader& object, Seen& seen) {
  Code code;
  code.code = object.Code("code");
  code.label = ReadLabel(object, "label");
  code.valid = ReadValidity(object);
  if (code.code.empty()) return code;
  const auto [first, is_new] = seen.emplace(code.code, object.At("code"));
  if (!is_new) {
    object.Fault("duplicate-code", "code",
                 "\"" + code.code + "\" is already given at " + first->second +
                     "; a code has one meaning, so give this one another");
  }
  return code;
}

CodeList CodeReader::ReadCodes(ObjectReader& object, std::string_view name) {
  Seen seen;
  std::vector<Code> codes;
  object.Objects(name, [&](ObjectReader& item) { codes.push_back(ReadCode(item, seen)); });
  if (codes.size() > 255) {
    object.Fault("too-many-codes", name, "a list of case codes holds at most 255");
  }
  return CodeList(std::move(codes));
}

void CodeReader::Refer(std::string_view code, const std::string& pointer, const Seen& known,
                       std::string_view what) {
  if (code.empty() || known.contains(code)) return;
  problems_.Add("unknown-reference", pointer,
                "\"" + std::string(code) + "\" is not a " + std::string(what) +
                    " of this codebook; add it there or correct it here");
}

}  // namespace polder::policies::codebook
