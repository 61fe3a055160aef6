// Reads a JSON object field by field, noting every fault with its pointer instead of stopping at
// the first.
//
//   ObjectReader object(json, "", problems);
//   policy.id = object.Text("id");
//   object.Object("budget", [&](ObjectReader& budget) { policy.rho = budget.Fraction("rho"); });
//   object.Finish();          // fields that were never asked for are faults too
//   problems.ThrowIfAny();    // nothing is used before this line
#ifndef POLDER_POLICIES_BASE_JSON_READER_H_
#define POLDER_POLICIES_BASE_JSON_READER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/base/rational.h"

namespace polder::base {

class ObjectReader {
 public:
  // Notes "not-an-object" when `json` is something else; every read then returns an empty value.
  // `json` must outlive this.
  ObjectReader(const Json& json, std::string pointer, Problems& problems);

  // Required fields. A missing or wrong one is noted and an empty value returned.
  std::string Text(std::string_view name, size_t min_length = 1, size_t max_length = 4096);
  // Text that IsCode: letters, digits and separators, [A-Za-z0-9][A-Za-z0-9._:+-]{0,63}.
  std::string Code(std::string_view name);
  int64_t Integer(std::string_view name, int64_t least, int64_t largest);
  bool Boolean(std::string_view name);
  Rational Fraction(std::string_view name);  // a string: "1", "0.25", "1/4"
  std::vector<std::string> Texts(std::string_view name);

  // Optional fields: nullopt when absent, noted when present and wrong.
  std::optional<std::string> OptionalText(std::string_view name);
  std::optional<int64_t> OptionalInteger(std::string_view name, int64_t least, int64_t largest);
  std::optional<bool> OptionalBoolean(std::string_view name);
  std::optional<std::vector<std::string>> OptionalTexts(std::string_view name);

  // Calls `read` with the nested object, or with each element of the array and its pointer. Return
  // whether it was there.
  bool Object(std::string_view name, const std::function<void(ObjectReader&)>& read,
              bool required = true);
  bool Array(std::string_view name,
             const std::function<void(const Json&, const std::string&)>& read,
             bool required = true);
  // Calls `read` with a reader of each element of a list of objects, and finishes it. An empty list
  // is noted as "empty-list" unless it may be empty.
  bool Objects(std::string_view name, const std::function<void(ObjectReader&)>& read,
               bool may_be_empty = false);
  // Calls `read` with each name and value of an object used as a map.
  bool Map(std::string_view name,
           const std::function<void(const std::string&, const Json&, const std::string&)>& read,
           bool required = true);

  bool Has(std::string_view name) const;
  // The raw field, or null when absent; counts as read.
  const Json& Raw(std::string_view name);
  // Marks a field as known without reading it.
  void Ignore(std::string_view name);
  // Notes a fault of this reader's own at `name` (or at the object when empty).
  void Fault(std::string code, std::string_view name, std::string detail);
  std::string At(std::string_view name) const;
  const std::string& pointer() const { return pointer_; }

  // Notes every field that was not asked for.
  void Finish();

 private:
  const Json* Find(std::string_view name, bool required);

  const Json& json_;
  std::string pointer_;
  Problems& problems_;
  std::set<std::string, std::less<>> seen_;
};

// True for [A-Za-z0-9][A-Za-z0-9._:+-]{0,63}: what an identifier or code may look like anywhere in
// Polder.
bool IsCode(std::string_view text);

}  // namespace polder::base

#endif  // POLDER_POLICIES_BASE_JSON_READER_H_
