#include "server/witness/seen_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "crypto/log/checkpoint.h"
#include "policies/base/json.h"
#include "policies/base/problem.h"

namespace polder::server::witness {
namespace {

using base::Json;
using base::ProblemError;
using crypto::log::VerifierKey;

constexpr const char* kFormat = "polder-witness-1";

[[noreturn]] void CannotWrite(const std::string& path) {
  throw ProblemError("cannot-write", "", "Cannot write " + path + ": " + std::strerror(errno));
}

[[noreturn]] void NoMemory(const std::string& path, const std::string& what) {
  throw ProblemError("witness-memory", "",
                     path + " " + what +
                         " Without it the witness might cosign a second history of a log. Restore "
                         "it, or make a new witness with a new key and tell the region.");
}

// Closes at the end of a scope.
struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
};

std::string TextOf(const std::map<std::string, Seen>& seen) {
  Json logs = Json::array();
  for (const auto& [origin, last] : seen) {
    logs.push_back({{"origin", origin}, {"checkpoint", last.note}});
  }
  return base::CanonicalJson(Json{{"format", kFormat}, {"logs", std::move(logs)}}) + "\n";
}

// The key of the log of that name, when it is followed.
const VerifierKey* Find(std::span<const VerifierKey> logs, const std::string& origin) {
  for (const VerifierKey& log : logs) {
    if (log.name() == origin) return &log;
  }
  return nullptr;
}

}  // namespace

void WriteDurably(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  {
    const File file{open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (file.descriptor < 0) CannotWrite(path);
    while (!text.empty()) {
      const ssize_t written = write(file.descriptor, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) CannotWrite(path);
      text.remove_prefix(static_cast<size_t>(written));
    }
    if (fsync(file.descriptor) != 0) CannotWrite(path);
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) CannotWrite(path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const File directory{open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC)};
  if (directory.descriptor < 0 || fsync(directory.descriptor) != 0) CannotWrite(path);
}

void SeenFile::Create(const std::string& path) {
  if (std::filesystem::exists(path)) {
    throw ProblemError("already-there", "", path + " is there already.");
  }
  WriteDurably(path, TextOf({}));
}

std::map<std::string, std::string> SeenFile::Notes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) NoMemory(path, "is not there.");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::map<std::string, std::string> notes;
  try {
    const Json json = base::ParseJson(text);
    if (json.at("format") != kFormat) NoMemory(path, "is of another kind.");
    for (const Json& log : json.at("logs")) {
      const auto origin = log.at("origin").get<std::string>();
      const auto note = log.at("checkpoint").get<std::string>();
      // Said twice, so that damage to a name is not another log.
      if (!note.starts_with(origin + "\n")) NoMemory(path, "is damaged.");
      notes[origin] = note;
    }
  } catch (const Json::exception&) {
    NoMemory(path, "is damaged.");
  } catch (const ProblemError& error) {
    if (error.code() == "witness-memory") throw;
    NoMemory(path, "is damaged.");
  }
  return notes;
}

SeenFile::SeenFile(std::string path, std::span<const VerifierKey> logs)
    : path_(std::move(path)),
      lock_(open((path_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (lock_ < 0) CannotWrite(path_ + ".lock");
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    throw ProblemError("witness-running", "",
                       "Another program holds " + path_ + ". One witness runs once.");
  }
  try {
    for (auto& [origin, note] : Notes(path_)) {
      const VerifierKey* log = Find(logs, origin);
      const auto verified = log ? crypto::log::VerifyNote(note, *log) : std::nullopt;
      const auto checkpoint =
          verified ? crypto::log::Checkpoint::Parse(verified->text) : std::nullopt;
      // Of a log that is not followed now the note is kept as it is, for when it is again.
      if (log && (!checkpoint || checkpoint->origin != origin)) {
        NoMemory(path_, "holds a checkpoint of " + origin + " that its key did not sign.");
      }
      Seen seen{note, {}};
      if (checkpoint) seen.checkpoint = {checkpoint->size, checkpoint->root};
      seen_[origin] = std::move(seen);
    }
  } catch (const ProblemError&) {
    close(lock_);
    throw;
  }
}

SeenFile::~SeenFile() { close(lock_); }

crypto::log::SeenCheckpoint SeenFile::Of(const std::string& origin) const {
  const auto found = seen_.find(origin);
  return found == seen_.end() ? crypto::log::SeenCheckpoint{} : found->second.checkpoint;
}

void SeenFile::Replace(const std::string& origin, Seen seen) {
  std::map<std::string, Seen> next = seen_;
  next[origin] = std::move(seen);
  WriteDurably(path_, TextOf(next));
  seen_ = std::move(next);
}

}  // namespace polder::server::witness
