#include "stats/cases/case_line.h"

#include <algorithm>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/json_reader.h"
#include "stats/cases/forbidden_fields.h"

namespace polder::stats::cases {
namespace {

constexpr size_t kMaxLine = 4096;
constexpr std::array<std::string_view, kCaseFields> kNames = {
    "caseKey", "pupil", "kind",     "opened",  "closed",   "ageBand",
    "level",   "group", "openedBy", "outcome", "duration", "repeat"};

// The text between two quotes when it holds nothing that JSON could write differently; nullopt
// otherwise. `at` is then moved behind the closing quote.
std::optional<std::string_view> PlainText(std::string_view line, size_t& at) {
  if (at >= line.size() || line[at] != '"') return std::nullopt;
  for (size_t end = at + 1; end < line.size(); ++end) {
    const auto c = static_cast<unsigned char>(line[end]);
    if (c == '"') {
      const std::string_view text = line.substr(at + 1, end - at - 1);
      at = end + 1;
      return text;
    }
    if (c < 0x20 || c > 0x7E || c == '\\') return std::nullopt;
  }
  return std::nullopt;
}

bool Skip(std::string_view line, size_t& at, std::string_view text) {
  if (line.substr(at, text.size()) != text) return false;
  at += text.size();
  return true;
}

// A name that can be no more than the name of a field: what stands there may be anything.
bool IsRepeatable(std::string_view name) {
  const auto digits =
      std::count_if(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  return name.size() <= 20 && digits <= 4 && base::IsCode(name);
}

size_t FieldOf(std::string_view name, size_t guess) {
  if (guess < kCaseFields && kNames[guess] == name) return guess;
  for (size_t i = 0; i < kCaseFields; ++i) {
    if (kNames[i] == name) return i;
  }
  return kCaseFields;
}

}  // namespace

std::string_view NameOf(CaseField field) { return kNames[static_cast<size_t>(field)]; }

struct CaseLine::Slow {
  base::Json json;
};

CaseLine::CaseLine() = default;
CaseLine::~CaseLine() = default;

bool CaseLine::Read(std::string_view line, uint64_t number, base::Problems& problems) {
  values_ = {};
  if (line.size() > kMaxLine) {
    problems.Add({"line-too-long", "", "a case line holds at most 4096 bytes", number, 0});
    return false;
  }
  return ReadFast(line) || ReadSlow(line, number, problems);
}

bool CaseLine::ReadFast(std::string_view line) {
  size_t at = 0;
  if (!Skip(line, at, "{")) return false;
  for (size_t count = 0;; ++count) {
    const auto name = PlainText(line, at);
    if (!name || !Skip(line, at, ":")) return false;
    const size_t field = FieldOf(*name, count);
    if (field == kCaseFields || values_[field].type != CaseValue::Type::kAbsent) return false;
    CaseValue& value = values_[field];
    if (const auto text = PlainText(line, at)) {
      value = {CaseValue::Type::kText, *text};
    } else if (Skip(line, at, "true")) {
      value.type = CaseValue::Type::kTrue;
    } else if (Skip(line, at, "false")) {
      value.type = CaseValue::Type::kFalse;
    } else if (Skip(line, at, "null")) {
      value.type = CaseValue::Type::kNull;
    } else {
      return false;
    }
    if (Skip(line, at, "}")) return at == line.size();
    if (!Skip(line, at, ",")) return false;
  }
}

bool CaseLine::ReadSlow(std::string_view line, uint64_t number, base::Problems& problems) {
  values_ = {};
  if (slow_ == nullptr) slow_ = std::make_unique<Slow>();
  try {
    // JSON parsers disagree about a byte order mark; RFC 8259 section 8.1 forbids to send one.
    if (line.starts_with("\xEF\xBB\xBF")) throw base::ProblemError("malformed-json", "", "");
    slow_->json = base::ParseJson(line, {kMaxLine, 4});
  } catch (const base::ProblemError& error) {
    for (base::Problem problem : error.problems()) {
      problem.line = number;
      problem.detail = "this line is not valid JSON; every line is one object with each field once";
      problems.Add(std::move(problem));
    }
    return false;
  }
  if (!slow_->json.is_object()) {
    problems.Add({"not-an-object", "", "every line after the manifest is one JSON object, one case",
                  number, 0});
    return false;
  }
  for (const auto& item : slow_->json.items()) {
    const size_t field = FieldOf(item.key(), kCaseFields);
    if (field == kCaseFields) {
      NoteStrangeField(item.key(), number, problems);
      continue;
    }
    const base::Json& json = item.value();
    CaseValue& value = values_[field];
    if (json.is_string()) {
      value = {CaseValue::Type::kText, json.get_ref<const std::string&>()};
    } else if (json.is_boolean()) {
      value.type = json.get<bool>() ? CaseValue::Type::kTrue : CaseValue::Type::kFalse;
    } else {
      value.type = json.is_null() ? CaseValue::Type::kNull : CaseValue::Type::kOther;
    }
  }
  return true;
}

void NoteStrangeField(std::string_view name, uint64_t line, base::Problems& problems) {
  if (const auto reason = WhyForbidden(name)) {
    problems.Add({"forbidden-field", base::Pointer("", name),
                  "this field must not leave the municipality: " + std::string(*reason) +
                      ". Leave it out and send again",
                  line, 0});
  } else if (IsRepeatable(name)) {
    problems.Add({"unknown-field", base::Pointer("", name),
                  "the format has no such field; leave it out, so that nothing is delivered that "
                  "no table needs",
                  line, 0});
  } else {
    problems.Add(
        {"unknown-field", "", "a field whose name is not of the format; leave it out", line, 0});
  }
}

}  // namespace polder::stats::cases
