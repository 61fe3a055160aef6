#include "server/cli/generate_command.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/problem.h"
#include "policies/base/rational.h"
#include "policies/codebook/codebook.h"
#include "policies/disclosure/policy.h"
#include "server/cli/cli.h"
#include "server/config/files.h"
#include "stats/population/country.h"
#include "stats/population/exports.h"
#include "stats/population/profile.h"
#include "stats/population/truth.h"
#include "stats/population/world.h"

namespace polder::server::cli {
namespace {

using base::Json;
using base::Period;
using base::ProblemError;
using base::Year;
using policies::codebook::Codebook;
using stats::population::ExportFile;
using stats::population::Exports;
using stats::population::World;

// Not config::WriteFile: thousands of files that can be made again need not be on the disk at once.
void Write(const std::filesystem::path& path, std::string_view text) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) {
    throw ProblemError("io", "",
                       "Cannot write " + path.string() + ". Check the path and the space left.");
  }
}

struct Scale {
  bool country = false;
  double factor = 1;
};

Scale ParseScale(const std::string& text) {
  if (text == "region") return {};
  if (text == "country") return {true, 1};
  const auto factor = base::ParseRational(text);
  if (!factor || *factor <= 0 || *factor > 40) {
    throw ProblemError("usage", "scale",
                       "--scale is region, country, or a factor from 0 to 40 such as 0.1");
  }
  return {false, factor->get_d()};
}

// The place of a municipality that something happens to; -1 when the option is empty.
int PlaceOf(const std::string& code, const Codebook& codebook, bool country, int instead) {
  if (code.empty()) return -1;
  const auto* found = codebook.FindMunicipality(code);
  if (found == nullptr) {
    if (country) return instead;
    throw ProblemError("usage", "municipality", code + " is not in the codebook");
  }
  return static_cast<int>(found - codebook.municipalities().data());
}

class Generation {
 public:
  explicit Generation(const GenerateOptions& options)
      : options_(options), scale_(ParseScale(options.scale)), out_(options.out) {
    if (options.out.empty())
      throw ProblemError("usage", "out", "--out names the directory to write");
  }

  int Run() {
    ReadCodebook();
    world_ = stats::population::Populate(stats::population::ProfileOf(*codebook_, scale_.factor),
                                         options_.first_year, options_.years, options_.seed,
                                         [this](std::string_view text) { Say(text); });
    stats::population::Mishaps mishaps;
    mishaps.conversion = PlaceOf(options_.conversion, *codebook_, scale_.country, 40);
    mishaps.correction = PlaceOf(options_.correction, *codebook_, scale_.country, 50);
    if (options_.years < 2) mishaps = {};
    exports_ = stats::population::PlanExports(world_, mishaps, options_.seed);
    WriteExports("exports", exports_.files);
    WriteExports("corrections", exports_.corrections);
    WriteTruth();
    WriteSummary(mishaps);
    Say("done: " + out_.string());
    return kDone;
  }

 private:
  void Say(std::string_view text) const {
    if (!options_.quiet) std::cerr << text << "\n";
  }

  void ReadCodebook() {
    Json json = base::ParseJson(config::ReadFile(options_.codebook));
    static_cast<void>(Codebook::FromJson(json));  // its faults, before it is changed
    if (scale_.country) {
      json = stats::population::CountryCodebook(json);
    } else if (scale_.factor != 1) {
      json = stats::population::ScaledCodebook(json, scale_.factor);
    }
    codebook_.emplace(Codebook::FromJson(json));
    Write(out_ / "codebook.json", json.dump(1) + "\n");
    rules_ = stats::population::DefaultRules();
    if (!options_.policy.empty()) {
      rules_ = stats::population::RulesOf(policies::disclosure::Policy::FromJson(
          base::ParseJson(config::ReadFile(options_.policy)), *codebook_));
    }
  }

  std::string PathOf(std::string_view folder, const ExportFile& file) const {
    return std::string(folder) + "/" + CodeOf(file) + "/" + file.period.Text() + ".csv";
  }
  const std::string& CodeOf(const ExportFile& file) const {
    return world_.profile.municipalities[file.municipality].code;
  }

  void WriteExports(std::string_view folder, const std::vector<ExportFile>& files) {
    size_t done = 0, rows = 0;
    for (const ExportFile& file : files) {
      Write(out_ / PathOf(folder, file),
            stats::population::WriteExport(world_, file, options_.seed));
      rows += file.rows.size();
      if (++done % 1000 == 0 || done == files.size()) {
        Say(std::string(folder) + ": " + std::to_string(done) + " of " +
            std::to_string(files.size()) + " files, " + std::to_string(rows) + " rows");
      }
    }
  }

  Json Count(const std::vector<const ExportFile*>& files, const Period& period) const {
    return stats::population::CountTruth(world_, files, *codebook_, period, rules_);
  }

  void WriteTruth() const {
    const auto provisional = stats::population::Replace(exports_.files, {});
    const auto definitive = stats::population::Replace(exports_.files, exports_.corrections);
    const auto undistorted = stats::population::Replace(exports_.files, exports_.undistorted);
    for (int index = 0; index < options_.years; ++index) {
      for (const base::Calendar calendar : {base::Calendar::kAbsence, base::Calendar::kVsv}) {
        const Year year(calendar, options_.first_year + index);
        Json truth = {{"format", "polder-truth-1"},
                      {"region", codebook_->region()},
                      {"year", year.Text()},
                      {"provisional", Count(provisional, Period(year))},
                      {"definitive", Count(definitive, Period(year))},
                      {"undistorted", Count(undistorted, Period(year))}};
        for (int quarter = 1; quarter <= 4 && !scale_.country; ++quarter) {
          const Period period(year, quarter);
          truth["quarters"][period.Text()] = Count(provisional, period);
        }
        Write(out_ / "truth" / (year.Text() + ".json"), truth.dump(1) + "\n");
        Say("truth of " + year.Text());
      }
    }
  }

  Json Describe(std::string_view folder, const ExportFile& file) const {
    return {{"municipality", CodeOf(file)},
            {"period", file.period.Text()},
            {"path", PathOf(folder, file)},
            {"mapping", std::string(stats::population::MappingId(file.dialect)) + "-1"},
            {"rows", file.rows.size()},
            {"conversion", file.conversion}};
  }

  void WriteSummary(const stats::population::Mishaps& mishaps) const {
    Json files = Json::array();
    Json converted = Json::array();
    for (const ExportFile& file : exports_.files) {
      files.push_back(Describe("exports", file));
      if (file.converted) converted.push_back(file.period.Text());
    }
    Json corrections = Json::array();
    for (const ExportFile& file : exports_.corrections) {
      corrections.push_back(Describe("corrections", file));
      corrections.back()["replaces"] = PathOf("exports", file);
    }
    Json conversions = Json::array();
    if (mishaps.conversion >= 0) {
      const auto share = [](double value) {
        return std::to_string(static_cast<int>(value * 1000 + 0.5)) + "/1000";
      };
      const auto place = static_cast<size_t>(mishaps.conversion);
      conversions.push_back({{"municipality", world_.profile.municipalities[place].code},
                             {"periods", converted},
                             {"duplicates", share(exports_.duplicate_share)},
                             {"lostClosings", share(world_.profile.lost_closings)},
                             {"swappedCodes", share(world_.profile.swapped_codes)}});
    }
    const Json summary = {
        {"format", "polder-population-1"},
        {"seed", std::to_string(options_.seed)},
        {"scale", options_.scale},
        {"firstYear", options_.first_year},
        {"years", options_.years},
        {"region", codebook_->region()},
        {"codebook", {{"id", codebook_->id()}, {"version", codebook_->version()}}},
        {"persons", world_.persons.size()},
        {"cases", world_.episodes.size()},
        {"files", std::move(files)},
        {"corrections", std::move(corrections)},
        {"conversions", std::move(conversions)}};
    Write(out_ / "population.json", summary.dump(1) + "\n");
  }

  const GenerateOptions& options_;
  const Scale scale_;
  const std::filesystem::path out_;
  std::optional<Codebook> codebook_;
  stats::population::TruthRules rules_;
  World world_;
  Exports exports_;
};

}  // namespace

int RunGenerate(const GenerateOptions& options) { return Generation(options).Run(); }

}  // namespace polder::server::cli
