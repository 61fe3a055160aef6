// The certificate of `polder suppress` (docs/formats/certificate.md), written while it is made: it
// is many times as large as the tables, so it is never held as a whole.
//
// Privacy: a certificate holds true differences. The file is readable by its owner only; without a
// file just the digest is made.
#ifndef POLDER_SERVER_CLI_CERTIFICATE_WRITER_H_
#define POLDER_SERVER_CLI_CERTIFICATE_WRITER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "crypto/digest/digest.h"
#include "server/config/files.h"
#include "stats/suppress/count_suppress.h"
#include "stats/table/spec.h"

namespace polder::server::cli {

class CertificateWriter {
 public:
  // `spec` outlives the writer. An empty path: no file.
  CertificateWriter(const stats::table::CountSpec& spec, const std::string& path);

  void Add(const stats::suppress::WidthProof& proof);  // in mode interval
  // Ends the certificate; `witness` is that of mode exact. Returns what the world may know of it:
  // its digest and the narrowest width per kind of attacker.
  nlohmann::json Finish(const std::vector<std::pair<size_t, int64_t>>& witness);

 private:
  void AppendCell(size_t cell);
  void AppendChanges(const std::vector<std::pair<size_t, int64_t>>& changes);
  void Flush();

  const stats::table::CountSpec& spec_;
  const bool interval_;
  std::vector<std::vector<std::string>> names_;  // per dimension and node, as JSON
  std::optional<config::NewFile> file_;
  crypto::digest::Hasher hasher_;
  std::string text_;  // not yet written
  bool first_ = true;
  std::vector<std::optional<int64_t>> worst_;  // per kind of attacker
};

}  // namespace polder::server::cli

#endif  // POLDER_SERVER_CLI_CERTIFICATE_WRITER_H_
