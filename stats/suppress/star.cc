#include "stats/suppress/star.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <utility>

#include "policies/base/problem.h"

namespace polder::stats::suppress {
namespace {

constexpr size_t kNone = SIZE_MAX;

uint64_t Plus(uint64_t a, uint64_t b) { return std::min(kImpossible, a + b); }

size_t CentreOf(const table::LinkedTables& tables) {
  const auto kind = tables.schema().IndexOf("kind");
  if (kind) return *kind;
  for (const table::TableShape& shape : tables.tables()) {
    const auto members = tables.schema().Members(shape.attributes);
    if (!members.empty()) return members.front();
  }
  return 0;
}

}  // namespace

bool Star::Fits(const table::LinkedTables& tables) {
  const table::Schema& schema = tables.schema();
  const size_t centre = CentreOf(tables);
  if (schema.size() > 0 && (schema.ClassesOf(centre) || schema.FinerOf(centre))) return false;
  return std::all_of(tables.tables().begin(), tables.tables().end(),
                     [&](const table::TableShape& shape) {
                       const auto members = schema.Members(shape.attributes);
                       return members.size() < 2 ||
                              (members.size() == 2 && (shape.attributes >> centre & 1U) != 0);
                     });
}

Star::Star(const table::LinkedTables& tables) : seats_(tables.cell_count()) {
  const table::Schema& schema = tables.schema();
  const size_t centre = CentreOf(tables);
  const table::AttributeSet centre_bit = schema.size() == 0 ? 0 : table::AttributeSet{1} << centre;
  if (!Fits(tables)) {
    throw base::ProblemError("not-a-star", "/tables",
                             "a table crosses more than the centre and one attribute; hiding works "
                             "on tables around one attribute, so split it");
  }
  std::map<table::AttributeSet, size_t> first;
  std::vector<size_t> others;  // the finest that is published of each attribute
  for (size_t t = 0; t < tables.tables().size(); ++t) {
    const table::AttributeSet set = tables.tables()[t].attributes;
    first[set] = tables.FirstCell(t);
    for (const size_t member : schema.Members(set)) {
      if (member != centre && std::find(others.begin(), others.end(), member) == others.end()) {
        others.push_back(member);
      }
    }
  }
  std::erase_if(others, [&](size_t other) {
    for (auto finer = schema.FinerOf(other); finer; finer = schema.FinerOf(*finer)) {
      if (std::find(others.begin(), others.end(), *finer) != others.end()) return true;
    }
    return false;
  });
  if (first.contains(0)) total_ = first.at(0);
  codes_ = schema.size() == 0 ? 1 : schema.dimensions()[centre].codes.size();
  for (size_t k = 0; k < codes_; ++k) {
    // Without any dimension the one code of the centre is the total itself.
    const bool published = centre_bit != 0 && first.contains(centre_bit);
    centre_.push_back(published ? std::optional(first.at(centre_bit) + k) : std::nullopt);
  }
  for (const size_t other : others) AddSpoke(schema, centre, other, first);
}

void Star::AddSpoke(const table::Schema& schema, size_t centre, size_t finest,
                    const std::map<table::AttributeSet, size_t>& first) {
  std::vector<size_t> levels = {finest};  // then its classes, theirs, …
  while (const auto classes = schema.ClassesOf(levels.back())) levels.push_back(*classes);
  const size_t rows = schema.dimensions()[finest].codes.size();
  // Nodes by level: of a code within a kind (the finest has one for all kinds), and of a code.
  std::vector<size_t> within(levels.size(), codes_), of_code(levels.size(), codes_);
  size_t nodes = codes_ + rows;
  for (size_t level = 1; level < levels.size(); ++level) {
    const size_t codes = schema.dimensions()[levels[level]].codes.size();
    within[level] = nodes;
    nodes += codes_ * codes;
    of_code[level] = nodes;
    nodes += codes;
  }
  Spoke spoke;
  spoke.at.resize(nodes + 1);
  const auto add = [&](size_t from, size_t to, std::optional<size_t> cell) {
    if (cell) seats_[*cell] = Seat{spokes_.size(), spoke.edges.size()};
    spoke.at[from].push_back(spoke.edges.size());
    spoke.at[to].push_back(spoke.edges.size());
    spoke.edges.push_back({{from, to}, cell});
  };
  const table::AttributeSet centre_bit = table::AttributeSet{1} << centre;
  for (size_t level = levels.size(); level-- > 0;) {
    const table::Dimension& dimension = schema.dimensions()[levels[level]];
    const size_t codes = dimension.codes.size();
    const bool top = level + 1 == levels.size();
    const table::AttributeSet alone = schema.Closed(table::AttributeSet{1} << levels[level]);
    const auto crossed = first.find(alone | centre_bit);
    const auto totals = first.find(alone);
    const size_t above = top ? 0 : schema.dimensions()[levels[level + 1]].codes.size();
    for (size_t k = 0; k < codes_; ++k) {
      for (size_t r = 0; r < codes; ++r) {
        const size_t in_table = centre < levels[level] ? k * codes + r : r * codes_ + k;
        add(top ? k : within[level + 1] + k * above + dimension.groups[r],
            level == 0 ? codes_ + r : within[level] + k * codes + r,
            crossed == first.end() ? std::nullopt : std::optional(crossed->second + in_table));
      }
    }
    for (size_t r = 0; r < codes; ++r) {
      add(of_code[level] + r, top ? nodes : of_code[level + 1] + dimension.groups[r],
          totals == first.end() ? std::nullopt : std::optional(totals->second + r));
    }
  }
  spokes_.push_back(std::move(spoke));
}

// One search for the company of one cell.
class Star::Search {
 public:
  Search(const Star& star, size_t cell, const std::vector<uint64_t>& costs)
      : star_(star), cell_(cell), seat_(star.seats_[cell]), costs_(costs) {}

  Company Cheapest() {
    Company best = seat_ ? ClosedWalk() : Company{};
    // A change of the centre's totals hides two of them at least, so it is tried only when the
    // closed walk costs more than that.
    for (size_t from = 0; from < star_.codes_; ++from) {
      for (size_t to = from + 1; to <= star_.codes_; ++to) {
        const auto end = to == star_.codes_ ? star_.total_ : star_.centre_[to];
        if (!seat_ && cell_ != star_.centre_[from] && cell_ != end) continue;
        const uint64_t ends = Plus(CostOf(star_.centre_[from]), CostOf(end));
        if (ends >= best.cost) continue;
        Company candidate = Paths(from, to, ends);
        if (candidate.cost >= best.cost) continue;
        for (const auto& total : {star_.centre_[from], end}) {
          if (total) candidate.cells.push_back(*total);
        }
        best = std::move(candidate);
      }
    }
    return best;
  }

 private:
  uint64_t CostOf(std::optional<size_t> cell) const {
    return !cell || *cell == cell_ ? 0 : costs_[*cell];
  }

  // Node of `to` in a spoke: a code of the centre, or the region.
  size_t Node(const Spoke& spoke, size_t to) const {
    return to == star_.codes_ ? spoke.at.size() - 1 : to;
  }

  const Tree& From(size_t spoke_number, size_t node) {
    const auto key = std::pair(spoke_number, node);
    const auto known = trees_.find(key);
    if (known != trees_.end()) return known->second;
    const Spoke& spoke = star_.spokes_[spoke_number];
    Tree tree{std::vector<uint64_t>(spoke.at.size(), kImpossible),
              std::vector<size_t>(spoke.at.size(), kNone)};
    using Entry = std::pair<uint64_t, size_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    tree.distance[node] = 0;
    queue.emplace(0, node);
    while (!queue.empty()) {
      const auto [distance, at] = queue.top();
      queue.pop();
      if (distance > tree.distance[at]) continue;
      for (const size_t e : spoke.at[at]) {
        const Edge& edge = spoke.edges[e];
        // The cell itself is no company.
        if (edge.cell == cell_) continue;
        const size_t next = edge.ends[0] == at ? edge.ends[1] : edge.ends[0];
        const uint64_t longer = Plus(distance, CostOf(edge.cell));
        if (longer < tree.distance[next]) {
          tree.distance[next] = longer;
          tree.edge[next] = e;
          queue.emplace(longer, next);
        }
      }
    }
    return trees_.emplace(key, std::move(tree)).first->second;
  }

  void Walk(size_t spoke_number, size_t from, size_t to, std::vector<size_t>& cells) {
    const Spoke& spoke = star_.spokes_[spoke_number];
    const Tree& tree = From(spoke_number, from);
    while (to != from) {
      const Edge& edge = spoke.edges[tree.edge[to]];
      if (edge.cell) cells.push_back(*edge.cell);
      to = edge.ends[0] == to ? edge.ends[1] : edge.ends[0];
    }
  }

  Company ClosedWalk() {
    const Edge& edge = star_.spokes_[seat_->spoke].edges[seat_->edge];
    Company company;
    company.cost = From(seat_->spoke, edge.ends[0]).distance[edge.ends[1]];
    if (company.cost < kImpossible) {
      Walk(seat_->spoke, edge.ends[0], edge.ends[1], company.cells);
    }
    return company;
  }

  // A path from `from` to `to` in every spoke; in the cell's own spoke it runs through the cell.
  Company Paths(size_t from, size_t to, uint64_t ends_cost) {
    Company company;
    company.cost = ends_cost;
    for (size_t s = 0; s < star_.spokes_.size() && company.cost < kImpossible; ++s) {
      const size_t goal = Node(star_.spokes_[s], to);
      if (!seat_ || seat_->spoke != s) {
        company.cost = Plus(company.cost, From(s, from).distance[goal]);
        if (company.cost < kImpossible) Walk(s, from, goal, company.cells);
        continue;
      }
      const Edge& edge = star_.spokes_[s].edges[seat_->edge];
      const auto length = [&](size_t near, size_t far) {
        return Plus(From(s, near).distance[from], From(s, far).distance[goal]);
      };
      const bool turned = length(edge.ends[1], edge.ends[0]) < length(edge.ends[0], edge.ends[1]);
      const size_t near = edge.ends[turned ? 1 : 0];
      const size_t far = edge.ends[turned ? 0 : 1];
      company.cost = Plus(company.cost, length(near, far));
      if (company.cost < kImpossible) {
        Walk(s, near, from, company.cells);
        Walk(s, far, goal, company.cells);
      }
    }
    return company;
  }

  const Star& star_;
  size_t cell_;
  std::optional<Seat> seat_;
  const std::vector<uint64_t>& costs_;
  std::map<std::pair<size_t, size_t>, Tree> trees_;
};

std::optional<std::vector<size_t>> Star::CheapestCompany(size_t cell,
                                                         const std::vector<uint64_t>& costs) const {
  Company company = Search(*this, cell, costs).Cheapest();
  if (company.cost >= kImpossible) return std::nullopt;
  std::vector<size_t> hide;
  for (const size_t other : company.cells) {
    if (other != cell && costs[other] > 0) hide.push_back(other);
  }
  std::sort(hide.begin(), hide.end());
  hide.erase(std::unique(hide.begin(), hide.end()), hide.end());
  return hide;
}

}  // namespace polder::stats::suppress
