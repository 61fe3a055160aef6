#include "crypto/seal/pkcs11_uri.h"

#include <map>
#include <optional>

#include "policies/base/problem.h"

namespace polder::crypto::seal {
namespace {

constexpr std::string_view kScheme = "pkcs11:";
constexpr std::string_view kFile = "file:";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

class Parser {
 public:
  void Read(std::string_view part, char separator, std::map<std::string, std::string*> known) {
    while (!part.empty()) {
      const size_t end = std::min(part.find(separator), part.size());
      ReadOne(part.substr(0, end), known);
      part.remove_prefix(std::min(end + 1, part.size()));
    }
  }
  void Fault(const std::string& detail) { problems_.Add("pkcs11-uri", "", detail); }
  void Finish() { problems_.ThrowIfAny(); }

 private:
  void ReadOne(std::string_view attribute, std::map<std::string, std::string*>& known) {
    const size_t equals = std::min(attribute.find('='), attribute.size());
    const std::string name(attribute.substr(0, equals));
    const auto found = known.find(name);
    if (name == "pin-value") {
      Fault("Keep the PIN in a file and name that with pin-source=file:/….");
    } else if (found == known.end()) {
      Fault("A PKCS #11 URI here has token and object, then ?module-path and pin-source.");
    } else if (!found->second->empty()) {
      Fault("The URI names " + name + " twice.");
    } else if (const auto value =
                   Unescape(attribute.substr(std::min(equals + 1, attribute.size())))) {
      *found->second = *value;
    } else {
      Fault("The value of " + name + " is badly escaped: a % is followed by two digits.");
    }
  }

  base::Problems problems_;
};

}  // namespace

Pkcs11Uri ParsePkcs11Uri(std::string_view uri) {
  Parser parser;
  Pkcs11Uri parsed;
  std::string type;
  std::string pin_source;
  if (!uri.starts_with(kScheme)) {
    parser.Fault("A PKCS #11 URI begins with pkcs11:");
  } else {
    uri.remove_prefix(kScheme.size());
    const size_t question = std::min(uri.find('?'), uri.size());
    parser.Read(uri.substr(0, question), ';',
                {{"token", &parsed.token}, {"object", &parsed.object}, {"type", &type}});
    parser.Read(uri.substr(std::min(question + 1, uri.size())), '&',
                {{"module-path", &parsed.module_path}, {"pin-source", &pin_source}});
    if (pin_source.starts_with(kFile)) parsed.pin_path = pin_source.substr(kFile.size());
    if (!type.empty() && type != "secret-key") parser.Fault("The root is a secret key.");
    if (parsed.token.empty() || parsed.object.empty()) {
      parser.Fault("Name the token and the key: pkcs11:token=LABEL;object=LABEL?…");
    }
    if (!parsed.module_path.starts_with('/')) {
      parser.Fault("Name the token's library by its whole path: module-path=/…");
    }
    if (!parsed.pin_path.starts_with('/')) {
      parser.Fault("Name the file that holds the PIN by its whole path: pin-source=file:/…");
    }
  }
  parser.Finish();
  return parsed;
}

}  // namespace polder::crypto::seal
