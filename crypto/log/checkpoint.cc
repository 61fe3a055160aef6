#include "crypto/log/checkpoint.h"

#include "crypto/log/decimal.h"
#include "policies/base/bytes.h"
#include "policies/base/problem.h"

namespace polder::crypto::log {
namespace {

bool IsLine(std::string_view text) {
  if (text.empty() || !base::IsUtf8(text)) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) return false;
  }
  return true;
}

}  // namespace

std::string Checkpoint::Text() const {
  std::string text = origin + "\n" + std::to_string(size) + "\n" + base::ToBase64(root) + "\n";
  bool good = IsLine(origin) && size <= static_cast<uint64_t>(INT64_MAX);
  for (const std::string& extension : extensions) {
    good = good && IsLine(extension);
    text += extension + "\n";
  }
  if (!good) {
    throw base::ProblemError("checkpoint", "",
                             "A checkpoint's origin and extensions are non-empty lines of text.");
  }
  return text;
}

std::optional<Checkpoint> Checkpoint::Parse(std::string_view text) {
  Checkpoint checkpoint;
  const auto origin = TakeLine(text);
  const auto size_line = TakeLine(text);
  const auto root_line = TakeLine(text);
  if (!origin || !size_line || !root_line || !IsLine(*origin)) return std::nullopt;
  const std::optional<uint64_t> size = ParseDecimal(*size_line);
  const std::optional<Digest> root = ParseDigest(*root_line);
  if (!size || !root) return std::nullopt;
  checkpoint.origin = std::string(*origin);
  checkpoint.size = *size;
  checkpoint.root = *root;
  while (!text.empty()) {
    const auto extension = TakeLine(text);
    if (!extension || !IsLine(*extension)) return std::nullopt;
    checkpoint.extensions.emplace_back(*extension);
  }
  return checkpoint;
}

}  // namespace polder::crypto::log
