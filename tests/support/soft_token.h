// A PKCS #11 token in software (SoftHSM), made once per process with the stock tools.
#ifndef POLDER_TESTS_SUPPORT_SOFT_TOKEN_H_
#define POLDER_TESTS_SUPPORT_SOFT_TOKEN_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace polder::testing_support {

class SoftToken {
 public:
  static constexpr char kModule[] = "/usr/lib/softhsm/libsofthsm2.so";

  // Null where the packages are not installed.
  static const SoftToken* Get() {
    static const SoftToken* const token = [] {
      const bool there = std::filesystem::exists(kModule) &&
                         std::system("command -v softhsm2-util pkcs11-tool >/dev/null") == 0;
      return there ? new SoftToken() : nullptr;
    }();
    return token;
  }

  // Of the key with that label.
  std::string Uri(const std::string& object = "root", const std::string& token = "polder") const {
    return "pkcs11:token=" + token + ";object=" + object + "?module-path=" + kModule +
           "&pin-source=file:" + folder_ + "/pin";
  }
  const std::string& folder() const { return folder_; }

  // `pkcs11-tool` on this token, logged in.
  bool Tool(const std::string& arguments) const {
    return Run(std::string("pkcs11-tool --module ") + kModule +
               " --token-label polder --login --pin 4321 " + arguments);
  }
  bool MakeKey(const std::string& label, const std::string& type = "aes:32") const {
    return Tool("--keygen --key-type " + type + " --sensitive --label " + label);
  }

 private:
  SoftToken() {
    std::string pattern = ::testing::TempDir() + "polder-token-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::filesystem::create_directories(folder_ + "/tokens");
    std::ofstream(folder_ + "/softhsm2.conf")
        << "directories.tokendir = " << folder_ << "/tokens\nobjectstore.backend = file\n";
    std::ofstream(folder_ + "/pin") << "4321\n";
    setenv("SOFTHSM2_CONF", (folder_ + "/softhsm2.conf").c_str(), 1);
    EXPECT_TRUE(Run("softhsm2-util --init-token --free --label polder --so-pin 8765 --pin 4321"));
    EXPECT_TRUE(MakeKey("root"));
  }
  bool Run(const std::string& command) const {
    return std::system((command + " >>" + folder_ + "/log 2>&1").c_str()) == 0;
  }

  std::string folder_;
};

}  // namespace polder::testing_support

#endif  // POLDER_TESTS_SUPPORT_SOFT_TOKEN_H_
