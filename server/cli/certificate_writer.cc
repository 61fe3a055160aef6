#include "server/cli/certificate_writer.h"

#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>

#include "policies/base/bytes.h"
#include "policies/base/json.h"

namespace polder::server::cli {
namespace {

using nlohmann::json;

constexpr size_t kMostHeld = size_t{1} << 16;
constexpr const char* kKinds[] = {"outsider", "member", "pair"};

}  // namespace

// Members stand in the order of RFC 8785, by name.
CertificateWriter::CertificateWriter(const stats::table::CountSpec& spec, const std::string& path)
    : spec_(spec),
      interval_(spec.protect == stats::table::Protection::kInterval),
      worst_(std::size(kKinds)) {
  if (!path.empty()) file_.emplace(path, true);
  json columns = json::array();
  for (const stats::table::Tree& tree : spec.grid.trees()) {
    columns.push_back(tree.column());
    std::vector<std::string>& names = names_.emplace_back();
    for (const auto& node : tree.nodes()) names.push_back(base::CanonicalJson(node.name));
  }
  text_ = "{\"columns\":" + base::CanonicalJson(columns) + ",\"format\":\"polder-certificate-1\"";
  if (interval_) text_ += ",\"proofs\":[";
}

void CertificateWriter::AppendCell(size_t cell) {
  for (size_t d = 0; d < names_.size(); ++d) {
    text_ += d == 0 ? '[' : ',';
    text_ += names_[d][spec_.grid.NodeOf(cell, d)];
  }
  text_ += ']';
}

void CertificateWriter::AppendChanges(const std::vector<std::pair<size_t, int64_t>>& changes) {
  text_ += '[';
  for (size_t i = 0; i < changes.size(); ++i) {
    text_ += i == 0 ? "{\"cell\":" : ",{\"cell\":";
    AppendCell(changes[i].first);
    text_ += ",\"change\":" + std::to_string(changes[i].second) + "}";
  }
  text_ += ']';
}

void CertificateWriter::Flush() {
  hasher_.Update(base::AsBytes(text_));
  if (file_) file_->Write(text_);
  text_.clear();
}

void CertificateWriter::Add(const stats::suppress::WidthProof& proof) {
  std::optional<int64_t>& worst = worst_[std::min<size_t>(proof.attacker.size(), 2)];
  worst = std::min(worst.value_or(proof.width), proof.width);
  text_ += std::exchange(first_, false) ? "" : ",";
  text_ += "{\"attacker\":" + base::CanonicalJson(proof.attacker) + ",\"cell\":";
  AppendCell(proof.cell);
  text_ += ",\"high\":";
  AppendChanges(proof.high);
  text_ += ",\"low\":";
  AppendChanges(proof.low);
  text_ += ",\"width\":" + std::to_string(proof.width) + "}";
  if (text_.size() > kMostHeld) Flush();
}

json CertificateWriter::Finish(const std::vector<std::pair<size_t, int64_t>>& witness) {
  if (interval_) text_ += ']';
  text_ += ",\"protect\":\"" + std::string(interval_ ? "interval" : "exact") +
           "\",\"threshold\":" + std::to_string(spec_.threshold);
  if (interval_) {
    text_ += ",\"width\":" + std::to_string(spec_.width);
  } else {
    text_ += ",\"witness\":";
    AppendChanges(witness);
  }
  text_ += '}';
  Flush();
  if (file_) file_->Finish();
  json widths = json::object();
  for (size_t kind = 0; kind < worst_.size(); ++kind) {
    if (worst_[kind]) widths[kKinds[kind]] = *worst_[kind];
  }
  const crypto::digest::Digest digest = hasher_.Finish();
  return {{"digest", "sha256:" + base::ToHex(digest)}, {"worstWidths", widths}};
}

}  // namespace polder::server::cli
