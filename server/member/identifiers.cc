#include "server/member/identifiers.h"

#include <algorithm>

#include "crypto/random/random.h"

namespace polder::server::member {

Identifiers::Identifiers() : mac_(crypto::random::RandomSecret(32).view()) {}

size_t Identifiers::Add(std::string_view type, base::ByteView number) {
  base::Bytes input;
  input.reserve(type.size() + 1 + number.size());
  input.insert(input.end(), type.begin(), type.end());
  input.push_back(0);
  input.insert(input.end(), number.begin(), number.end());
  const auto mac = mac_.Mac(input);
  Mark mark{};
  std::copy_n(mac.begin(), mark.size(), mark.begin());
  const auto [place, fresh] = places_.emplace(mark, ends_.size());
  if (fresh) {
    inputs_.Append(base::AsText(input));
    ends_.push_back(inputs_.size());
  }
  crypto::digest::SecureWipe(input);
  return place->second;
}

std::vector<base::ByteView> Identifiers::inputs() const {
  const base::ByteView all = base::AsBytes(inputs_.view());
  std::vector<base::ByteView> inputs;
  inputs.reserve(ends_.size());
  size_t begin = 0;
  for (const size_t end : ends_) {
    inputs.push_back(all.subspan(begin, end - begin));
    begin = end;
  }
  return inputs;
}

}  // namespace polder::server::member
