#include "stats/audit/worlds.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace polder::stats::audit {
namespace {

using table::AttributeSet;
using table::CellStatus;

// Tables that are not published but have to exist: the common totals of every two tables. Without
// them the relation between two tables that share an attribute would be missed.
std::vector<table::TableShape> WithCommonTotals(const table::LinkedTables& tables) {
  std::vector<table::TableShape> shapes = tables.tables();
  std::set<AttributeSet> known;
  for (const auto& shape : shapes) known.insert(shape.attributes);
  for (size_t i = 0; i < shapes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const AttributeSet common = shapes[i].attributes & shapes[j].attributes;
      if (known.insert(common).second) {
        shapes.push_back({"common-" + std::to_string(common), common});
      }
    }
  }
  return shapes;
}

struct Term {
  size_t column;
  base::Rational factor;
};
using Row = std::vector<Term>;  // ascending columns

Row Combine(const Row& row, const base::Rational& scale, const Row& other) {
  Row sum;
  sum.reserve(row.size() + other.size());
  size_t i = 0;
  size_t j = 0;
  while (i < row.size() || j < other.size()) {
    if (j == other.size() || (i < row.size() && row[i].column < other[j].column)) {
      sum.push_back(row[i++]);
    } else if (i == row.size() || other[j].column < row[i].column) {
      sum.push_back({other[j].column, scale * other[j].factor});
      ++j;
    } else {
      base::Rational factor = row[i].factor + scale * other[j].factor;
      if (factor != 0) sum.push_back({row[i].column, std::move(factor)});
      ++i;
      ++j;
    }
  }
  return sum;
}

const Term* Find(const Row& row, size_t column) {
  const auto at = std::lower_bound(row.begin(), row.end(), column,
                                   [](const Term& term, size_t c) { return term.column < c; });
  return at != row.end() && at->column == column ? &*at : nullptr;
}

// Gauss-Jordan: after it every pivot column stands in one row only. Short rows first, and in each
// row the column that fewest rows use, so that little fills in.
struct Reduced {
  std::vector<Row> rows;
  std::vector<size_t> pivots;  // column per row
};

Reduced Reduce(std::vector<Row> rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.size() < b.size(); });
  std::map<size_t, size_t> uses;
  for (const Row& row : rows) {
    for (const Term& term : row) ++uses[term.column];
  }
  Reduced reduced;
  std::map<size_t, size_t> row_of;             // pivot column -> row
  std::map<size_t, std::set<size_t>> holders;  // column -> finished rows that hold it
  for (Row& row : rows) {
    std::vector<std::pair<size_t, base::Rational>> known;
    for (const Term& term : row) {
      if (row_of.contains(term.column)) known.emplace_back(term.column, term.factor);
    }
    for (const auto& [column, factor] : known) {
      row = Combine(row, -factor, reduced.rows[row_of.at(column)]);
    }
    if (row.empty()) continue;
    const auto pivot = std::min_element(row.begin(), row.end(), [&](const Term& a, const Term& b) {
      return uses[a.column] < uses[b.column];
    });
    const size_t column = pivot->column;
    const base::Rational scale = pivot->factor;
    for (Term& term : row) term.factor /= scale;
    const std::set<size_t> above = holders[column];
    for (const size_t r : above) {
      const base::Rational factor = -Find(reduced.rows[r], column)->factor;
      for (const Term& term : reduced.rows[r]) holders[term.column].erase(r);
      reduced.rows[r] = Combine(reduced.rows[r], factor, row);
      for (const Term& term : reduced.rows[r]) holders[term.column].insert(r);
    }
    const size_t r = reduced.rows.size();
    for (const Term& term : row) holders[term.column].insert(r);
    row_of[column] = r;
    reduced.pivots.push_back(column);
    reduced.rows.push_back(std::move(row));
  }
  return reduced;
}

// Distinct small odd numbers in no pattern that a table has; any numbers do, a nought is tried
// again.
base::Integer Guess(size_t column, uint64_t attempt) {
  uint64_t x = (column + 1) * 0x9e3779b97f4a7c15ULL + attempt * 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 29;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 32;
  return base::ToInteger(static_cast<int64_t>(x % 1'000'003) * 2 + 1);
}

table::LinkedTables Extended(const table::LinkedTables& tables) {
  table::LinkedTables all(tables.measure(), tables.schema(), WithCommonTotals(tables));
  for (size_t cell = 0; cell < all.cell_count(); ++cell) {
    // Published tables come first, so they keep their numbers.
    all.statuses()[cell] =
        cell < tables.cell_count() ? tables.statuses()[cell] : CellStatus::kHidden;
  }
  return all;
}

}  // namespace

OtherWorld FindOtherWorld(const table::LinkedTables& tables) {
  const table::LinkedTables all = Extended(tables);
  std::vector<Row> rows;
  const auto moves = [&](size_t cell) { return all.statuses()[cell] == CellStatus::kHidden; };
  for (const table::Equation& equation : all.Equations()) {
    Row row;
    if (moves(equation.total)) row.push_back({equation.total, -1});
    for (const size_t part : equation.parts) {
      if (moves(part)) row.push_back({part, 1});
    }
    std::sort(row.begin(), row.end(),
              [](const Term& a, const Term& b) { return a.column < b.column; });
    if (!row.empty()) rows.push_back(std::move(row));
  }
  const Reduced reduced = Reduce(std::move(rows));

  OtherWorld world;
  std::set<size_t> pivots(reduced.pivots.begin(), reduced.pivots.end());
  for (size_t r = 0; r < reduced.rows.size(); ++r) {
    if (reduced.rows[r].size() == 1 && reduced.pivots[r] < tables.cell_count()) {
      world.determined.push_back(reduced.pivots[r]);
    }
  }
  std::sort(world.determined.begin(), world.determined.end());
  // Free cells move by guesses, pivots follow. A guess that happens to leave a cell in place is
  // replaced by the next one; the pivots are rational, so all is scaled to whole numbers.
  for (uint64_t attempt = 0; attempt < 16; ++attempt) {
    std::vector<base::Rational> change(all.cell_count(), 0);
    for (size_t cell = 0; cell < all.cell_count(); ++cell) {
      if (moves(cell) && !pivots.contains(cell)) change[cell] = Guess(cell, attempt);
    }
    base::Integer scale = 1;
    for (size_t r = 0; r < reduced.rows.size(); ++r) {
      base::Rational& value = change[reduced.pivots[r]];
      for (const Term& term : reduced.rows[r]) {
        if (term.column != reduced.pivots[r]) value -= term.factor * change[term.column];
      }
      mpz_lcm(scale.get_mpz_t(), scale.get_mpz_t(), value.get_den_mpz_t());
    }
    world.change.clear();
    for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
      world.change.push_back(base::Rational(change[cell] * scale).get_num());
    }
    if (IsOtherWorld(tables, world)) return world;
  }
  return world;
}

bool IsOtherWorld(const table::LinkedTables& tables, const OtherWorld& world) {
  if (world.change.size() != tables.cell_count()) return false;
  for (size_t cell = 0; cell < tables.cell_count(); ++cell) {
    const bool must_move =
        tables.statuses()[cell] == CellStatus::kHidden &&
        !std::binary_search(world.determined.begin(), world.determined.end(), cell);
    if ((world.change[cell] != 0) != must_move) return false;
  }
  // Any two tables must agree on their common totals: then there is a full cross of all attributes
  // of the star that has these tables.
  const table::Schema& schema = tables.schema();
  const auto totals = [&](size_t t, AttributeSet common) {
    std::vector<base::Integer> sums(schema.CellCount(common), 0);
    const AttributeSet set = tables.tables()[t].attributes;
    for (size_t cell = 0; cell < schema.CellCount(set); ++cell) {
      sums[schema.Project(set, cell, common)] += world.change[tables.Number(t, cell)];
    }
    return sums;
  };
  for (size_t a = 0; a < tables.tables().size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      const AttributeSet common = tables.tables()[a].attributes & tables.tables()[b].attributes;
      if (totals(a, common) != totals(b, common)) return false;
    }
  }
  return true;
}

}  // namespace polder::stats::audit
