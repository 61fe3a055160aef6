#include "server/collect/rekeyed_text.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "crypto/seal/seal.h"

namespace polder::server::collect {

namespace {

using crypto::digest::SecretBytes;

// Text that grows without leaving copies of itself behind.
class WipedText {
 public:
  explicit WipedText(size_t room) : text_(room) {}

  void Append(std::string_view line) {
    if (size_ + line.size() > text_.size()) {
      Grow(std::max(2 * text_.size(), size_ + line.size() + 4'096));
    }
    std::memcpy(text_.writable().data() + size_, line.data(), line.size());
    size_ += line.size();
  }

  // Filled with zero bytes to one of few sizes, that of `least` bytes or more.
  SecretBytes Take(size_t least) {
    const size_t padded = crypto::seal::PaddedSize(std::max(size_, least));
    if (padded > text_.size()) Grow(padded);
    text_.Shrink(padded);  // what lies behind the last line was never written to: zeros
    size_ = 0;
    return std::move(text_);
  }

 private:
  void Grow(size_t size) {
    SecretBytes larger(size);
    std::copy_n(text_.view().begin(), size_, larger.writable().begin());
    text_ = std::move(larger);
  }

  SecretBytes text_;
  size_t size_ = 0;
};

stats::cases::Case Rekeyed(const stats::cases::Case& item, const crypto::token::ReKeyer& rekeyer) {
  stats::cases::Case copy;
  copy.case_key = item.case_key;
  copy.pupil = stats::cases::PupilToken(rekeyer.ReKey(item.pupil.bytes()));
  copy.opened = item.opened;
  copy.closed = item.closed;
  copy.kind = item.kind;
  copy.age_band = item.age_band;
  copy.level = item.level;
  copy.group = item.group;
  copy.opened_by = item.opened_by;
  copy.outcome = item.outcome;
  copy.duration = item.duration;
  copy.repeat = item.repeat;
  return copy;
}

}  // namespace

SecretBytes RekeyedText(const stats::cases::Delivery& delivery,
                        const policies::codebook::Codebook& codebook,
                        const crypto::token::ReKeyer& rekeyer, size_t received) {
  // A re-keyed line is as long as the one that came, so this is room for all of them.
  WipedText text(crypto::seal::PaddedSize(received));
  text.Append(stats::cases::WriteManifest(delivery.manifest));
  text.Append("\n");
  for (const stats::cases::Case& item : delivery.cases) {
    std::string line = stats::cases::WriteCaseLine(Rekeyed(item, rekeyer), codebook);
    line += '\n';
    text.Append(line);
    crypto::digest::SecureWipe(line);
  }
  return text.Take(received);
}

}  // namespace polder::server::collect
