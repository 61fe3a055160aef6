// The main of every test program: a temporary folder of its own, gone afterwards, so that tests may
// run at once; and an ending that tells a test that was skipped from one whose preparation failed.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/places.h"

namespace polder::tests {

const std::string& SourceDir() {
  static const std::string folder = POLDER_SOURCE_DIR;
  return folder;
}

const std::string& BinaryDir() {
  static const std::string folder = POLDER_BINARY_DIR;
  return folder;
}

}  // namespace polder::tests

namespace {

constexpr int kSkipped = 77;  // SKIP_RETURN_CODE of every test in CMakeLists.txt

int Run() {
  const testing::UnitTest& tests = *testing::UnitTest::GetInstance();
  const int status = RUN_ALL_TESTS();
  const bool only_skipped = tests.skipped_test_count() > 0 && tests.successful_test_count() == 0;
  return status == 0 && only_skipped && tests.Passed() ? kSkipped : status;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  std::string folder = (std::filesystem::temp_directory_path() / "polder-test-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr || ::setenv("TEST_TMPDIR", folder.c_str(), 1) != 0) {
    std::cerr << "no temporary folder can be made in " << std::filesystem::temp_directory_path()
              << "\n";
    return 1;
  }
  const pid_t self = ::getpid();
  const int status = Run();
  std::error_code ignored;
  if (::getpid() == self) std::filesystem::remove_all(folder, ignored);
  return status;
}
