// Adds one pupil to one delivery and compares everything that anyone outside can see, byte by byte:
// answers to members and people, what is served, the log, and what lies on disk. Only digests,
// signatures, ciphertext of the same length and noisy figures may differ.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "stats/table/published_release.h"
#include "tests/outside/whole_region.h"

namespace polder::testing_outside {
namespace {

using base::Json;
using server::govern::testing::BodyOf;

constexpr const char* kRelease = "2022SJ-Q3-monitor-1";
const base::Period kQuarter(base::Year(base::Calendar::kAbsence, 2022), 3);
constexpr const char* kMember = "GM0148";

// What was seen, by what was asked.
using View = std::map<std::string, std::string>;

std::string Whole(const server::http::Response& response) {
  std::string text = std::to_string(response.status) + " " + response.content_type + "\n";
  for (const auto& [name, value] : response.headers) text += name + ": " + value + "\n";
  return text + "\n" + std::string(base::AsText(response.body));
}

bool IsHex64(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Every file of the region, by name.
void Files(const std::string& store_path, View& view) {
  const auto folder = std::filesystem::path(store_path).parent_path();
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (!file.is_regular_file()) continue;
    const std::string name = file.path().filename().string();
    // The keys hold no noise: their file is as long whatever was delivered.
    view["file " + name] = name.starts_with("keys.db") ? std::to_string(file.file_size()) : "there";
  }
}

// What can be fetched and is not among `paths`. An escrow is the replay auditor's, encrypted; a job
// is looked at apart; of erasures there are none; the picture is drawn from the release, which is
// compared.
std::vector<std::string> NotAsked(const WholeRegion& region,
                                  const std::vector<std::string>& paths) {
  const std::set<std::string> apart{"/v1/seed-escrows/{id}/{role}", "/v1/jobs/{id}", "/v1/erasures",
                                    "/v1/releases/{id}/hidden.svg"};
  std::vector<std::string> missing;
  for (const auto& [method, pattern] : region.router.Patterns()) {
    if (method != "GET" || apart.contains(pattern)) continue;
    const bool asked = std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
      server::http::Request request;
      request.method = "GET";
      request.path = path.substr(0, path.find('?'));
      const auto found = region.router.Find(request, 0);
      return found.route != nullptr && found.route->pattern == pattern;
    });
    if (!asked) missing.push_back(pattern);
  }
  return missing;
}

View Look(size_t more) {
  View view;
  WholeRegion region;
  const auto see = [&](const std::string& what, const server::http::Response& response) {
    view[what] = Whole(response);
    EXPECT_LT(response.status, 300) << what << "\n" << view[what].substr(0, 500);
    return response;
  };
  const std::string policy = region.ApprovedPolicy();
  see("deadline", region.AnnounceDeadline(kRelease));
  see("commit operator", region.CommitSeed("otto", "operator", kRelease, 1));
  see("commit auditor", region.CommitSeed("ada", "auditor", kRelease, 2));
  for (const std::string& member : server::jobs::TestCodebook().MembersIn(kQuarter)) {
    auto delivery = server::jobs::MakeDelivery(member, kQuarter, 40, 7);
    for (size_t i = 0; member == kMember && i < more; ++i) {
      auto added = server::jobs::MakeDelivery(member, kQuarter, 1, 100 + i);
      added.cases[0].case_key[15] = static_cast<uint8_t>(1 + i);
      delivery.cases.push_back(std::move(added.cases[0]));
      ++delivery.manifest.cases;
    }
    const base::Bytes envelope = WholeRegion::Envelope(delivery);
    // A signature inside differs by a byte or two from one time to the next, whatever it signs.
    view["envelope of " + member] = std::to_string(envelope.size() / 64);
    see("receipt of " + member, region.Deliver(member, envelope));
  }
  see("freeze",
      region.Send("carla", "POST", "/v1/freezes", {{"releaseId", kRelease}, {"policy", policy}}));
  see("reveal operator", region.RevealSeed("otto", kRelease, 1));
  see("reveal auditor", region.RevealSeed("ada", kRelease, 2));
  const auto started =
      see("start", region.Send("carla", "POST", "/v1/releases", {{"releaseId", kRelease}}));
  region.Work();
  const std::string job = BodyOf(started)["jobId"];
  see("job", region.Send("carla", "GET", "/v1/jobs/" + job));
  region.clock.now = region.clock.now.Plus(60 * 86'400);
  region.Work();

  const std::string release = std::string("/v1/releases/") + kRelease;
  std::vector<std::string> paths{"/v1/releases",
                                 release,
                                 release + "/note",
                                 release + "/proof",
                                 "/v1/log/checkpoint",
                                 "/v1/log/leaves",
                                 "/v1/budget",
                                 "/v1/health",
                                 "/v1/openapi.json",
                                 "/v1/token-keys",
                                 "/v1/policies/" + policy,
                                 "/v1/comparisons?measure=persons",
                                 "/v1/codebooks/" + server::jobs::TestCodebook().id()};
  paths.push_back(release + "/audit");
  size_t tables = 0;
  const Json document = BodyOf(region.Send("", "GET", release));
  EXPECT_NO_THROW(stats::table::PublishedRelease::Parse(document.dump()));
  for (const auto& measure : document["measures"]) {
    for (const auto& table : measure["tables"]) {
      paths.push_back(release + "/tables/" + measure["id"].get<std::string>() + "/" +
                      table["id"].get<std::string>());
      ++tables;
    }
  }
  EXPECT_GT(tables, 1u);
  const uint64_t size = region.LogSize();
  paths.push_back("/v1/log/tile/0/000.p/" + std::to_string(size));
  paths.push_back("/v1/log/tile/entries/000.p/" + std::to_string(size));
  for (uint64_t i = 0; i < size; ++i) paths.push_back("/v1/log/proofs/" + std::to_string(i));
  for (const std::string& path : paths) see("GET " + path, region.Send("", "GET", path));
  for (const std::string& path : paths) {
    server::http::Request request;
    request.method = "GET";
    request.path = path.substr(0, path.find('?'));
    if (path.find('?') != std::string::npos) request.query.emplace("measure", "persons");
    request.headers["Accept"] = "text/csv";
    const auto as_csv = region.router.Handle(request);
    if (as_csv.status == 200 && as_csv.content_type.starts_with("text/csv")) {
      view["CSV " + path] = Whole(as_csv);
    }
  }
  EXPECT_THAT(NotAsked(region, paths), ::testing::IsEmpty());

  // The thief of a disk sees how long each sealed row is.
  region.store->Read([&](const server::store::Reader& reader) {
    for (const std::string& member : server::jobs::TestCodebook().MembersIn(kQuarter)) {
      for (const auto& record : reader.Deliveries(member)) {
        view["sealed delivery of " + member] =
            std::to_string(reader.SealedDelivery(record.sequence).size());
      }
    }
    for (const auto& reveal : reader.SeedReveals(kRelease)) {
      view["sealed seed of " + reveal.role] = std::to_string(reveal.sealed.size());
    }
  });
  Files(region.store->path(), view);
  return view;
}

// What may differ, and nothing else.
class Comparison {
 public:
  // Fields of noisy figures, and what the audit says of which of them are hidden: they are what the
  // policy's budget pays for. The guaranteed half-width follows from the deviation of rounding, a
  // noisy figure itself: `Look` has each release read by the reader that refuses any other value.
  static bool IsNoisy(const std::string& field) {
    static const std::set<std::string> kNoisy{"value",
                                              "low",
                                              "high",
                                              "status",
                                              "roundingDeviation",
                                              "roundingAtLeast",
                                              "guaranteed",
                                              "minHiddenSd",
                                              "hiddenCells",
                                              "smallestStandardError"};
    return kNoisy.contains(field);
  }

  void Compare(const std::string& what, const std::string& one, const std::string& other) {
    where_ = what;
    if (what.starts_with("CSV ")) return Rows(one, other);
    const size_t gap = one.find("\n\n"), other_gap = other.find("\n\n");
    if (gap == std::string::npos) return Lines(one, other);
    Lines(one.substr(0, gap), other.substr(0, other_gap));
    Body(one.substr(gap + 2), other.substr(other_gap + 2));
  }
  std::vector<std::string> found;
  size_t digests = 0, noisy = 0;

 private:
  void Differ(const std::string& one, const std::string& other) {
    found.push_back(where_ + ": \"" + one.substr(0, 120) + "\" and \"" + other.substr(0, 120) +
                    "\"");
  }
  void Body(const std::string& one, const std::string& other) {
    if (one == other) return;
    if (!one.empty() && one.front() == '{') {
      const size_t end = one.find("\n\n"), other_end = other.find("\n\n");
      Values("", base::ParseJson(one.substr(0, end)), base::ParseJson(other.substr(0, other_end)));
      if (end != std::string::npos) Lines(one.substr(end), other.substr(other_end));
      return;
    }
    Lines(one, other);
  }
  // A table as CSV: the same rows of the same codes, whatever the noisy columns say.
  void Rows(const std::string& one, const std::string& other) {
    const auto split = [](const std::string& text, char by) {
      std::vector<std::string> parts;
      std::stringstream in(text);
      for (std::string part; std::getline(in, part, by);) parts.push_back(part);
      return parts;
    };
    const auto lines = split(one, '\n'), other_lines = split(other, '\n');
    if (lines.size() != other_lines.size()) return Differ("rows", "rows");
    std::vector<std::string> names;
    for (size_t i = 0; i < lines.size(); ++i) {
      if (lines[i] == other_lines[i]) {
        // The header of the table follows the empty line.
        if (names.empty() && i > 0 && lines[i - 1].empty()) names = split(lines[i], ',');
        continue;
      }
      if (names.empty()) {
        Lines(lines[i], other_lines[i]);
        continue;
      }
      const auto cells = split(lines[i], ','), other_cells = split(other_lines[i], ',');
      for (size_t c = 0; c < names.size(); ++c) {
        const std::string mine = c < cells.size() ? cells[c] : "";
        const std::string others = c < other_cells.size() ? other_cells[c] : "";
        if (mine == others) continue;
        if (IsNoisy(names[c])) {
          ++noisy;
        } else {
          Differ(names[c] + " " + mine, others);
        }
      }
    }
  }
  // Two cells of a table: the same codes; the rest is noise, and a status that follows from it.
  void Values(const std::string& field, const Json& one, const Json& other) {
    if (one == other) return;
    if (IsNoisy(field)) {
      ++noisy;
      return;
    }
    if (one.is_object() && other.is_object()) {
      std::set<std::string> names;
      for (const auto& [name, value] : one.items()) names.insert(name);
      for (const auto& [name, value] : other.items()) names.insert(name);
      for (const auto& name : names) {
        if (one.contains(name) && other.contains(name)) {
          Values(name, one[name], other[name]);
        } else if (!(one.contains("codes") && IsNoisy(name))) {
          Differ(name, "");
        }
      }
    } else if (one.is_array() && other.is_array() && one.size() == other.size()) {
      for (size_t i = 0; i < one.size(); ++i) Values(field, one[i], other[i]);
    } else if (one.is_string() && other.is_string()) {
      const std::string text = one, other_text = other;
      if (text.starts_with("{") && other_text.starts_with("{")) return Body(text, other_text);
      Lines(text, other_text);
    } else {
      Differ(one.dump(), other.dump());
    }
  }
  // Word for word: the same, or two digests, or two pieces of base64 of the same length.
  void Lines(const std::string& one, const std::string& other) {
    const auto words = [](const std::string& text) {
      std::vector<std::string> all(1);
      for (const char c : text) {
        const bool part =
            std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/' || c == '=';
        if (part) {
          all.back() += c;
        } else {
          all.emplace_back(1, c);
          all.emplace_back();
        }
      }
      return all;
    };
    const auto mine = words(one), others = words(other);
    if (mine.size() != others.size()) return Differ(one, other);
    for (size_t i = 0; i < mine.size(); ++i) {
      if (mine[i] == others[i]) continue;
      const bool coded = mine[i].size() == others[i].size() && mine[i].size() >= 43 &&
                         base::FromBase64(mine[i]) && base::FromBase64(others[i]);
      if ((IsHex64(mine[i]) && IsHex64(others[i])) || coded) {
        ++digests;
        CodedLeaf(mine[i], others[i]);
      } else {
        Differ(mine[i], others[i]);
      }
    }
  }
  // A proof carries its leaf in base64: look into it.
  void CodedLeaf(const std::string& one, const std::string& other) {
    const auto mine = base::FromBase64(one), others = base::FromBase64(other);
    // A hash may begin as JSON does, but not end so too.
    const auto is_leaf = [](const auto& bytes) {
      return bytes && bytes->size() > 100 && bytes->front() == '{' && bytes->back() == '}';
    };
    if (!is_leaf(mine) || !is_leaf(others)) return;
    Values("", base::ParseJson(base::AsText(*mine)), base::ParseJson(base::AsText(*others)));
  }

  std::string where_;
};

// The tiles are binary: hashes, and entries whose text must be alike.
bool IsTile(const std::string& what) { return what.find("/log/tile/") != std::string::npos; }

std::vector<std::string> DifferencesOf(const View& one, const View& other, size_t* digests,
                                       size_t* noisy) {
  Comparison comparison;
  for (const auto& [what, text] : one) {
    const auto found = other.find(what);
    if (found == other.end()) {
      comparison.found.push_back("only one has " + what);
    } else if (IsTile(what)) {
      if (text.size() != found->second.size()) comparison.found.push_back("the size of " + what);
    } else {
      comparison.Compare(what, text, found->second);
    }
  }
  if (one.size() != other.size()) comparison.found.push_back("the number of things to see");
  if (digests != nullptr) *digests = comparison.digests;
  if (noisy != nullptr) *noisy = comparison.noisy;
  return comparison.found;
}

TEST(OneMorePupil, ChangesNothingOutsideButDigestsCiphertextAndNoise) {
  const View without = Look(0);
  const View with = Look(1);
  EXPECT_GT(without.size(), 60u);
  size_t digests = 0, noisy = 0;
  EXPECT_THAT(DifferencesOf(without, with, &digests, &noisy), ::testing::IsEmpty());
  // The comparison saw what it should: other digests, and other noise under the same seeds.
  EXPECT_GT(digests, 50u);
  EXPECT_GT(noisy, 3u);
}

// The same of the comparison itself: it finds a count wherever one could slip in.
TEST(OneMorePupil, AnythingElseThatDiffersWouldBeFound) {
  const View seen{{"receipt", "201 text/plain\nX: y\n\n{\"cases\":40,\"digest\":\"" +
                                  std::string(64, 'a') + "\"}\n\n\u2014 log AAAA\n"},
                  {"GET /v1/log/leaves",
                   "200 application/json\n\n{\"leaves\":[{\"entry\":"
                   "\"{\\\"kind\\\":\\\"delivery\\\"}\"}]}"},
                  {"sealed", "65536"}};
  EXPECT_THAT(DifferencesOf(seen, seen, nullptr, nullptr), ::testing::IsEmpty());
  const auto differs = [&](const std::string& what, const std::string& from,
                           const std::string& to) {
    View other = seen;
    std::string& text = other.at(what);
    text.replace(text.find(from), from.size(), to);
    return DifferencesOf(seen, other, nullptr, nullptr).size();
  };
  EXPECT_EQ(differs("receipt", std::string(64, 'a'), std::string(64, 'b')), 0u);
  EXPECT_GT(differs("receipt", "40", "41"), 0u);
  EXPECT_GT(differs("receipt", "X: y", "X: z"), 0u);
  EXPECT_GT(differs("receipt", "201", "200"), 0u);
  EXPECT_GT(differs("receipt", "\"cases\"", "\"count\""), 0u);
  EXPECT_GT(differs("GET /v1/log/leaves", "delivery\\\"}", "delivery\\\",\\\"rows\\\":41}"), 0u);
  EXPECT_GT(differs("sealed", "65536", "65537"), 0u);
  const View table{{"CSV table", "200 text/csv\n\nkind,value,rows\nAV,12,3\n"}};
  const auto told = [&](const std::string& row) {
    return DifferencesOf(table, {{"CSV table", "200 text/csv\n\nkind,value,rows\n" + row + "\n"}},
                         nullptr, nullptr)
        .size();
  };
  EXPECT_EQ(told("AV,15,3"), 0u) << "noise";
  EXPECT_GT(told("AV,12,4"), 0u);
  EXPECT_GT(told("AW,12,3"), 0u);
  EXPECT_GT(told("AV,12,3\nR16,1,1"), 0u);
}

}  // namespace
}  // namespace polder::testing_outside
