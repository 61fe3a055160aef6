#include "policies/base/json_reader.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace polder::base {
namespace {

const Json& Null() {
  static const Json null;
  return null;
}

bool AsInteger(const Json& value, int64_t least, int64_t largest, int64_t& out) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
    return false;
  }
  out = value.get<int64_t>();
  return out >= least && out <= largest;
}

std::string Range(int64_t least, int64_t largest) {
  return "must be an integer from " + std::to_string(least) + " to " + std::to_string(largest);
}

}  // namespace

bool IsCode(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= 64 && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return letter(c) || std::string_view("._:+-").find(c) != std::string_view::npos;
         });
}

ObjectReader::ObjectReader(const Json& json, std::string pointer, Problems& problems)
    : json_(json.is_object() ? json : Null()), pointer_(std::move(pointer)), problems_(problems) {
  if (!json.is_object()) problems_.Add("not-an-object", pointer_, "must be a JSON object");
}

std::string ObjectReader::At(std::string_view name) const {
  return name.empty() ? pointer_ : Pointer(pointer_, name);
}

void ObjectReader::Fault(std::string code, std::string_view name, std::string detail) {
  problems_.Add(std::move(code), At(name), std::move(detail));
}

const Json* ObjectReader::Find(std::string_view name, bool required) {
  seen_.emplace(name);
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(std::string(name));
  if (found == json_.end()) {
    if (required) Fault("missing-field", name, "this field is required");
    return nullptr;
  }
  return &*found;
}

bool ObjectReader::Has(std::string_view name) const {
  return json_.is_object() && json_.contains(std::string(name));
}

const Json& ObjectReader::Raw(std::string_view name) {
  const Json* value = Find(name, false);
  return value == nullptr ? Null() : *value;
}

void ObjectReader::Ignore(std::string_view name) { seen_.emplace(name); }

std::string ObjectReader::Text(std::string_view name, size_t min_length, size_t max_length) {
  const Json* value = Find(name, true);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    Fault("wrong-type", name, "must be text");
    return {};
  }
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() < min_length || text.size() > max_length) {
    Fault("wrong-length", name,
          "must be " + std::to_string(min_length) + " to " + std::to_string(max_length) +
              " bytes long");
    return {};
  }
  return text;
}

std::string ObjectReader::Code(std::string_view name) {
  const Json* value = Find(name, true);
  if (value == nullptr) return {};
  if (!value->is_string() || !IsCode(value->get_ref<const std::string&>())) {
    Fault("wrong-code", name, "must be a code: letters, digits and . _ : + -, at most 64");
    return {};
  }
  return value->get<std::string>();
}

int64_t ObjectReader::Integer(std::string_view name, int64_t least, int64_t largest) {
  const Json* value = Find(name, true);
  int64_t number = least;
  if (value != nullptr && !AsInteger(*value, least, largest, number)) {
    Fault("out-of-range", name, Range(least, largest));
    return least;
  }
  return number;
}

bool ObjectReader::Boolean(std::string_view name) {
  const Json* value = Find(name, true);
  if (value == nullptr) return false;
  if (!value->is_boolean()) {
    Fault("wrong-type", name, "must be true or false");
    return false;
  }
  return value->get<bool>();
}

Rational ObjectReader::Fraction(std::string_view name) {
  const Json* value = Find(name, true);
  if (value == nullptr) return 0;
  std::optional<Rational> number;
  if (value->is_string()) number = ParseRational(value->get_ref<const std::string&>());
  if (!number) {
    Fault("wrong-number", name, "must be an exact number as text, such as \"0.25\" or \"1/4\"");
    return 0;
  }
  return *number;
}

std::vector<std::string> ObjectReader::Texts(std::string_view name) {
  if (Find(name, true) == nullptr) return {};
  return OptionalTexts(name).value_or(std::vector<std::string>{});
}

std::optional<std::string> ObjectReader::OptionalText(std::string_view name) {
  if (Find(name, false) == nullptr) return std::nullopt;
  return Text(name, 0);
}

std::optional<int64_t> ObjectReader::OptionalInteger(std::string_view name, int64_t least,
                                                     int64_t largest) {
  if (Find(name, false) == nullptr) return std::nullopt;
  return Integer(name, least, largest);
}

std::optional<bool> ObjectReader::OptionalBoolean(std::string_view name) {
  if (Find(name, false) == nullptr) return std::nullopt;
  return Boolean(name);
}

std::optional<std::vector<std::string>> ObjectReader::OptionalTexts(std::string_view name) {
  std::vector<std::string> texts;
  const bool present = Array(
      name,
      [&](const Json& item, const std::string& pointer) {
        if (item.is_string()) {
          texts.push_back(item.get<std::string>());
        } else {
          problems_.Add("wrong-type", pointer, "must be text");
        }
      },
      false);
  if (!present) return std::nullopt;
  return texts;
}

bool ObjectReader::Object(std::string_view name, const std::function<void(ObjectReader&)>& read,
                          bool required) {
  const Json* value = Find(name, required);
  if (value == nullptr) return false;
  ObjectReader nested(*value, At(name), problems_);
  if (value->is_object()) {
    read(nested);
    nested.Finish();
  }
  return true;
}

bool ObjectReader::Array(std::string_view name,
                         const std::function<void(const Json&, const std::string&)>& read,
                         bool required) {
  const Json* value = Find(name, required);
  if (value == nullptr) return false;
  if (!value->is_array()) {
    Fault("wrong-type", name, "must be a list");
    return true;
  }
  for (size_t i = 0; i < value->size(); ++i) read((*value)[i], Pointer(At(name), i));
  return true;
}

bool ObjectReader::Objects(std::string_view name, const std::function<void(ObjectReader&)>& read,
                           bool may_be_empty) {
  bool any = may_be_empty;
  const bool present = Array(name, [&](const Json& item, const std::string& pointer) {
    any = true;
    ObjectReader element(item, pointer, problems_);
    if (!item.is_object()) return;
    read(element);
    element.Finish();
  });
  if (present && !any) Fault("empty-list", name, "this list must hold at least one entry");
  return present;
}

bool ObjectReader::Map(
    std::string_view name,
    const std::function<void(const std::string&, const Json&, const std::string&)>& read,
    bool required) {
  const Json* value = Find(name, required);
  if (value == nullptr) return false;
  if (!value->is_object()) {
    Fault("wrong-type", name, "must be an object");
    return true;
  }
  for (const auto& item : value->items())
    read(item.key(), item.value(), Pointer(At(name), item.key()));
  return true;
}

void ObjectReader::Finish() {
  if (!json_.is_object()) return;
  for (const auto& item : json_.items()) {
    if (!seen_.contains(item.key())) {
      Fault("unknown-field", item.key(),
            "this field is not known here; remove it or check its spelling");
    }
  }
}

}  // namespace polder::base
