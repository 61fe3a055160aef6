// Runs the stock `openssl` command, so that what is made here is read by a program that is not
// ours.
#ifndef POLDER_TESTS_CRYPTO_KEYS_OPENSSL_COMMAND_H_
#define POLDER_TESTS_CRYPTO_KEYS_OPENSSL_COMMAND_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <unistd.h>

namespace polder::tests {

// A folder of its own, removed at the end.
class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "polder-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string At(const std::string& name) const { return path_ + "/" + name; }
  void Write(const std::string& name, std::string_view text) const {
    std::ofstream(At(name), std::ios::binary) << text;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(At(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // `openssl <arguments>` inside the folder; true when it succeeded. Its words go to "log".
  bool Openssl(const std::string& arguments) const {
    return std::system(("cd '" + path_ + "' && openssl " + arguments + " >>log 2>&1").c_str()) == 0;
  }

 private:
  std::string path_;
};

}  // namespace polder::tests

#endif  // POLDER_TESTS_CRYPTO_KEYS_OPENSSL_COMMAND_H_
