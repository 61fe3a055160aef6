#include "stats/audit/informed.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <utility>

#include "policies/base/problem.h"

namespace polder::stats::audit {
namespace {

using base::Integer;
using base::Rational;
using table::AttributeSet;

// Variance of an even draw from `low`, ..., `high`.
Rational BandVariance(const table::KnownFigure& figure) {
  const Integer width = base::ToInteger(*figure.high - figure.low + 1);
  Rational variance(Integer(width * width - 1), Integer(12));
  variance.canonicalize();
  return variance;
}

// The place of a cell in every dimension that its set determines, by dimension.
std::vector<size_t> DigitsOf(const table::Schema& schema, AttributeSet set, size_t cell) {
  std::vector<size_t> digits(schema.size(), 0);
  const std::vector<size_t> place = schema.Place(set, cell);
  size_t j = 0;
  for (const size_t member : schema.Members(set)) {
    digits[member] = place[j++];
    size_t at = member;
    while (const auto classes = schema.ClassesOf(at)) {
      digits[*classes] = schema.dimensions()[at].groups[digits[at]];
      at = *classes;
    }
  }
  return digits;
}

// One factor of Psi: scale (I - average over the class), the class being everything for a dimension
// without classes, or that was measured as if it had none (its classes are not in the set).
struct Mode {
  size_t dimension = 0;
  int64_t scale = 0;
  std::vector<size_t> groups;   // per code its class; empty: all in one
  std::vector<int64_t> shares;  // per class, scale over its size

  int64_t ShareOf(size_t code) const { return shares[groups.empty() ? 0 : groups[code]]; }
};

std::vector<Mode> ModesOf(const table::Schema& schema, AttributeSet set) {
  std::vector<Mode> modes;
  for (const size_t i : schema.Members(set)) {
    const auto codes = static_cast<int64_t>(schema.dimensions()[i].codes.size());
    const auto classes = schema.ClassesOf(i);
    if (!classes || (set >> *classes & 1U) == 0) {
      modes.push_back({i, codes, {}, {1}});
      continue;
    }
    Mode mode{i, schema.Scale(i), schema.dimensions()[i].groups, {}};
    for (const size_t size : schema.GroupSizes(i)) {
      mode.shares.push_back(mode.scale / static_cast<int64_t>(size));
    }
    modes.push_back(std::move(mode));
  }
  return modes;
}

// The tables that what is measured, known and asked about adds up from: none holds another. Changes
// of the counts matter only through their sums in these tables, and sums that agree where two
// tables overlap are those of some change of all counts at once (it may be negative, and need not
// be whole: a bound is the same for a multiple of it). So a cross of everything is not needed: a
// region's lean tables have hundreds of cells where the cross of their attributes has thousands.
std::vector<AttributeSet> TablesFor(const table::Schema& schema, AttributeSet crossed,
                                    AttributeSet town, AttributeSet asked,
                                    const std::map<AttributeSet, Rational>& precision,
                                    const std::vector<table::KnownFigure>& known) {
  std::vector<AttributeSet> sets = {schema.Closed(asked), town};
  for (const table::KnownFigure& figure : known) sets.push_back(schema.Closed(figure.attributes));
  for (const auto& [attributes, weight] : precision) {
    // By symmetry the best change is even over every attribute that neither the cell nor a known
    // figure crosses, and of an even one Psi gives nought.
    if ((attributes & ~crossed) == 0) sets.push_back(schema.Closed(attributes));
  }
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  std::vector<AttributeSet> tables;
  for (const AttributeSet set : sets) {
    const bool within = std::any_of(sets.begin(), sets.end(), [&](AttributeSet other) {
      return other != set && (set & ~other) == 0;
    });
    if (!within) tables.push_back(set);
  }
  return tables;
}

// All that one attacker faces.
class Attack {
 public:
  Attack(const table::Schema& schema, const std::vector<AttributeSet>& tables,
         const std::map<AttributeSet, Rational>& precision,
         const std::vector<table::KnownFigure>& known, AttributeSet town,
         const std::vector<size_t>& own)
      : schema_(schema) {
    for (const AttributeSet set : tables) TakeTable(set, town, own);
    for (const auto& [attributes, weight] : precision) {
      const auto table = TableOf(attributes);
      if (table) measured_.push_back({attributes, *table, weight});
    }
    for (size_t a = 0; a < tables_.size(); ++a) {
      for (size_t b = 0; b < a; ++b) Agree(tables_[a], tables_[b]);
    }
    for (const table::KnownFigure& figure : known) {
      if (!figure.high) continue;  // no end, no estimate
      Parts parts = PartsOf(figure.attributes, figure.cell);
      if (parts.empty()) continue;
      if (figure.IsExact()) {
        Row row;
        for (const size_t i : parts) row[i] = 1;
        Know(std::move(row));
      } else {
        bands_.push_back({std::move(parts), BandVariance(figure)});
      }
    }
    for (size_t i = 0; i < size_; ++i) {
      if (!rows_.contains(i)) free_.push_back(i);
    }
    Factorise();
  }

  InformedBound Of(AttributeSet attributes, size_t cell) {
    const Parts target = PartsOf(attributes, cell);
    InformedBound bound;
    // The target as a function of the free counts alone.
    std::map<size_t, Rational> along;
    for (const size_t i : target) {
      const auto row = rows_.find(i);
      if (row == rows_.end()) {
        along[i] += 1;
        continue;
      }
      for (const auto& [column, factor] : row->second) {
        if (column != i) along[column] -= factor;
      }
    }
    std::erase_if(along, [](const auto& entry) { return entry.second == 0; });
    bound.known_elsewhere = along.empty();
    if (bound.known_elsewhere) return bound;
    Eigen::VectorXd wanted = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(free_.size()));
    for (size_t f = 0; f < free_.size(); ++f) {
      const auto found = along.find(free_[f]);
      if (found != along.end()) wanted[static_cast<Eigen::Index>(f)] = found->second.get_d();
    }
    const Eigen::VectorXd best = solver_.solve(wanted);
    const std::vector<Integer> change = Whole(best);
    Integer moved = 0;
    for (const size_t i : target) moved += change[i];
    const Rational information = InformationAbout(change);
    if (moved == 0) {
      bound.variance = 0;  // the search failed; claim nothing
    } else if (information > 0) {
      bound.variance = Rational(Integer(moved * moved)) / information;
    }
    return bound;
  }

 private:
  using Parts = std::vector<size_t>;  // positions among the unknown
  using Row = std::map<size_t, Rational>;
  struct Band {
    Parts parts;
    Rational variance;
  };

  struct Table {
    AttributeSet set;
    size_t first;               // position of its first cell among the unknown
    std::vector<size_t> cells;  // those that are unknown
  };
  struct Measured {
    AttributeSet attributes;
    size_t table;
    Rational precision;
  };

  // A cell of which some municipality is not theirs.
  void TakeTable(AttributeSet set, AttributeSet town, const std::vector<size_t>& own) {
    Table table{set, size_, {}};
    std::vector<bool> open(schema_.CellCount(set & town), town == 0);
    for (size_t at = 0; town != 0 && at < schema_.CellCount(town); ++at) {
      const bool theirs = std::find(own.begin(), own.end(), at) != own.end();
      if (!theirs) open[schema_.Project(town, at, set & town)] = true;
    }
    for (size_t cell = 0; cell < schema_.CellCount(set); ++cell) {
      if (open[schema_.Project(set, cell, set & town)]) table.cells.push_back(cell);
    }
    size_ += table.cells.size();
    tables_.push_back(std::move(table));
  }

  // The smallest table that a sum over `attributes` can be read from.
  std::optional<size_t> TableOf(AttributeSet attributes) const {
    std::optional<size_t> best;
    for (size_t t = 0; t < tables_.size(); ++t) {
      if ((attributes & ~tables_[t].set) != 0) continue;
      if (!best || tables_[t].cells.size() < tables_[*best].cells.size()) best = t;
    }
    return best;
  }

  Parts PartsIn(const Table& table, AttributeSet attributes, size_t cell) const {
    Parts parts;
    for (size_t i = 0; i < table.cells.size(); ++i) {
      if (schema_.Project(table.set, table.cells[i], attributes) == cell) {
        parts.push_back(table.first + i);
      }
    }
    return parts;
  }

  Parts PartsOf(AttributeSet attributes, size_t cell) const {
    return PartsIn(tables_.at(TableOf(attributes).value()), attributes, cell);
  }

  // Both add up to the same where they overlap.
  void Agree(const Table& one, const Table& other) {
    const AttributeSet common = one.set & other.set;
    for (size_t cell = 0; cell < schema_.CellCount(common); ++cell) {
      Row row;
      for (const size_t i : PartsIn(one, common, cell)) row[i] = 1;
      for (const size_t i : PartsIn(other, common, cell)) row[i] = -1;
      Know(std::move(row));
    }
  }

  // A combination that does not change, into the reduced echelon form.
  void Know(Row row) {
    const auto subtract = [](Row& from, const Row& what, const Rational& times) {
      for (const auto& [column, factor] : what) {
        Rational& held = from[column];
        held -= times * factor;
        if (held == 0) from.erase(column);
      }
    };
    for (const auto& [pivot, known] : rows_) {
      if (const auto found = row.find(pivot); found != row.end()) {
        subtract(row, known, Rational(found->second));
      }
    }
    if (row.empty()) return;
    const size_t pivot = row.begin()->first;
    const Rational lead = row.begin()->second;
    for (auto& [column, factor] : row) factor /= lead;
    for (auto& [other, known] : rows_) {
      if (const auto found = known.find(pivot); found != known.end()) {
        subtract(known, row, Rational(found->second));
      }
    }
    rows_.emplace(pivot, std::move(row));
  }

  // Psi_A' Psi_A = kron (n_i (n_i I - J)) over A, and J over the rest; where a code has a class,
  // kron (L_i (L_i I - L_i / size of the class, within the class)).
  Eigen::MatrixXd DenseInformation() const {
    const auto n = static_cast<Eigen::Index>(size_);
    Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(n, n);
    for (const Measured& measured : measured_) {
      const Table& table = tables_[measured.table];
      std::vector<std::vector<size_t>> places;
      for (const size_t cell : table.cells) places.push_back(DigitsOf(schema_, table.set, cell));
      const double weight = measured.precision.get_d();
      const std::vector<Mode> modes = ModesOf(schema_, measured.attributes);
      const auto first = static_cast<Eigen::Index>(table.first);
      for (Eigen::Index a = 0; a < static_cast<Eigen::Index>(places.size()); ++a) {
        for (Eigen::Index b = 0; b <= a; ++b) {
          double entry = weight;
          for (const Mode& mode : modes) {
            const size_t left = places[static_cast<size_t>(a)][mode.dimension];
            const size_t right = places[static_cast<size_t>(b)][mode.dimension];
            const auto scale = static_cast<double>(mode.scale);
            const double share = static_cast<double>(mode.ShareOf(left));
            const bool together = mode.groups.empty() || mode.groups[left] == mode.groups[right];
            entry *= scale * (left == right ? scale - share : together ? -share : 0);
          }
          dense(first + a, first + b) += entry;
          if (a != b) dense(first + b, first + a) += entry;
        }
      }
    }
    for (const Band& band : bands_) {
      const double weight = 1 / band.variance.get_d();
      for (const size_t a : band.parts) {
        for (const size_t b : band.parts) {
          dense(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b)) += weight;
        }
      }
    }
    return dense;
  }

  void Factorise() {
    const auto n = static_cast<Eigen::Index>(size_);
    const auto f = static_cast<Eigen::Index>(free_.size());
    Eigen::MatrixXd spread = Eigen::MatrixXd::Zero(n, f);  // from free counts to all
    for (Eigen::Index at = 0; at < f; ++at) {
      const size_t column = free_[static_cast<size_t>(at)];
      spread(static_cast<Eigen::Index>(column), at) = 1;
      for (const auto& [pivot, row] : rows_) {
        const auto found = row.find(column);
        if (found != row.end()) {
          spread(static_cast<Eigen::Index>(pivot), at) = -found->second.get_d();
        }
      }
    }
    Eigen::MatrixXd reduced = spread.transpose() * DenseInformation() * spread;
    // Directions about which nothing was measured would be divided by nought.
    const double ridge = 1e-10 * (f > 0 ? reduced.trace() / static_cast<double>(f) : 0) + 1e-300;
    reduced.diagonal().array() += ridge;
    solver_.compute(reduced);
    for (const auto& [pivot, row] : rows_) {
      for (const auto& [column, factor] : row) {
        mpz_lcm(scale_.get_mpz_t(), scale_.get_mpz_t(), factor.get_den().get_mpz_t());
      }
    }
  }

  // The change of all unknown counts in whole numbers that keeps every known sum, nearest to a
  // multiple of `best` in the free ones.
  std::vector<Integer> Whole(const Eigen::VectorXd& best) const {
    constexpr double kSteps = 1 << 24;
    const double largest = best.size() > 0 ? best.cwiseAbs().maxCoeff() : 0;
    std::vector<Integer> change(size_);
    if (!(largest > 0) || !std::isfinite(largest)) return change;
    std::map<size_t, Integer> chosen;
    for (size_t f = 0; f < free_.size(); ++f) {
      const double step = best[static_cast<Eigen::Index>(f)] / largest * kSteps;
      chosen[free_[f]] = static_cast<long>(std::llround(step));
      change[free_[f]] = chosen[free_[f]] * scale_;
    }
    for (const auto& [pivot, row] : rows_) {
      Rational moved = 0;
      for (const auto& [column, factor] : row) {
        if (column != pivot) moved -= factor * Rational(chosen.at(column));
      }
      moved *= Rational(scale_);
      change[pivot] = moved.get_num();  // the scale holds every denominator
    }
    return change;
  }

  // Exact.
  Rational InformationAbout(const std::vector<Integer>& change) const {
    Rational information = 0;
    for (const auto& [attributes, number, precision] : measured_) {
      const Table& table = tables_[number];
      std::vector<Integer> answers(schema_.CellCount(attributes));
      for (size_t i = 0; i < table.cells.size(); ++i) {
        answers[schema_.Project(table.set, table.cells[i], attributes)] += change[table.first + i];
      }
      for (const Mode& mode : ModesOf(schema_, attributes)) {
        // Without the attribute its classes stay, so that a sum is over one class.
        const AttributeSet others = attributes & ~(AttributeSet{1} << mode.dimension);
        std::vector<Integer> sums(schema_.CellCount(others));
        for (size_t c = 0; c < answers.size(); ++c) {
          sums[schema_.Project(attributes, c, others)] += answers[c];
        }
        const Integer scale = base::ToInteger(mode.scale);
        for (size_t c = 0; c < answers.size(); ++c) {
          const Integer& sum = sums[schema_.Project(attributes, c, others)];
          const int64_t share =
              mode.groups.empty() ? 1
                                  : mode.ShareOf(DigitsOf(schema_, attributes, c)[mode.dimension]);
          answers[c] = scale * answers[c] - base::ToInteger(share) * sum;
        }
      }
      Integer squares = 0;
      for (const Integer& answer : answers) squares += answer * answer;
      information += precision * Rational(squares);
    }
    for (const Band& band : bands_) {
      Integer moved = 0;
      for (const size_t i : band.parts) moved += change[i];
      information += Rational(Integer(moved * moved)) / band.variance;
    }
    return information;
  }

  const table::Schema& schema_;
  std::vector<Table> tables_;
  size_t size_ = 0;  // of all tables together
  std::vector<Measured> measured_;
  std::map<size_t, Row> rows_;  // by pivot: what does not change
  std::vector<Band> bands_;
  std::vector<size_t> free_;
  Integer scale_ = 1;
  Eigen::LDLT<Eigen::MatrixXd> solver_;
};

}  // namespace

InformedEstimates::InformedEstimates(const table::Schema& schema,
                                     const std::map<AttributeSet, Rational>& precision,
                                     std::vector<table::KnownFigure> known)
    : schema_(schema), precision_(precision), known_(std::move(known)) {
  if (const auto municipality = schema.IndexOf("municipality")) {
    town_ = schema.Closed(AttributeSet{1} << *municipality);
  }
  for (const table::KnownFigure& figure : known_) crossed_ |= figure.attributes;
}

std::vector<InformedBound> InformedEstimates::For(AttributeSet attributes,
                                                  const std::vector<size_t>& cells,
                                                  const std::vector<size_t>& own) const {
  const AttributeSet set = schema_.Closed(attributes | crossed_ | town_);
  const std::vector<AttributeSet> tables =
      TablesFor(schema_, set, town_, attributes, precision_, known_);
  size_t size = 0;
  for (const AttributeSet one : tables) size += schema_.CellCount(one);
  if (size > kMostCells) {
    throw base::ProblemError("audit-failed", "/known",
                             "the known tables cross too many attributes to be weighed; sum them "
                             "up to fewer");
  }
  Attack attack(schema_, tables, precision_, known_, town_, own);
  std::vector<InformedBound> bounds;
  for (const size_t cell : cells) bounds.push_back(attack.Of(attributes, cell));
  return bounds;
}

}  // namespace polder::stats::audit
