#include "server/member/secret_text.h"

#include <algorithm>
#include <utility>

namespace polder::server::member {
namespace {

void WipeString(std::string& text) {
  volatile char* place = text.data();
  for (size_t i = 0; i < text.size(); ++i) place[i] = '\0';
}

}  // namespace

SecretText::SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) {
  other.Wipe();  // a short text lives inside the moved-from object
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this != &other) {
    Wipe();
    text_ = std::move(other.text_);
    other.Wipe();
  }
  return *this;
}

void SecretText::Append(std::string_view text) {
  const size_t needed = text_.size() + text.size();
  if (needed > text_.capacity()) {
    std::string larger;
    larger.reserve(std::max(needed, 2 * text_.capacity()));
    larger.append(text_);
    WipeString(text_);
    text_.swap(larger);
  }
  text_.append(text);
}

void SecretText::Clear() {
  WipeString(text_);
  text_.clear();
}

void SecretText::Wipe() {
  text_.resize(text_.capacity());  // what an earlier, longer content left behind goes too
  WipeString(text_);
  text_.clear();
}

}  // namespace polder::server::member
