// Text that holds case data: grows, is wiped when it grows or dies, and cannot be copied or
// streamed.
#ifndef POLDER_SERVER_MEMBER_SECRET_TEXT_H_
#define POLDER_SERVER_MEMBER_SECRET_TEXT_H_

#include <string>
#include <string_view>

namespace polder::server::member {

// Privacy: move-only, no `operator<<`, no JSON form. The view is valid until the next Append.
class SecretText {
 public:
  SecretText() = default;
  ~SecretText() { Wipe(); }
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;

  void Append(std::string_view text);
  void Append(char c) { Append(std::string_view(&c, 1)); }
  std::string_view view() const { return text_; }
  size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }

 private:
  void Wipe();

  std::string text_;
};

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_SECRET_TEXT_H_
