#include "stats/suppress/moves.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace polder::stats::suppress {
namespace {

// Of the attackers those that all others know no more than.
std::vector<Members> Readers(const std::vector<Members>& attackers) {
  Members all = 0;
  for (const Members attacker : attackers) all |= attacker;
  if (std::popcount(all) < 3) return attackers;
  std::vector<Members> pairs;
  for (const Members attacker : attackers) {
    if (std::popcount(attacker) == 2) pairs.push_back(attacker);
  }
  // For every demand and attacker there is a pair that knows as much and does not hold all of it
  // only when all pairs are there.
  const auto members = static_cast<size_t>(std::popcount(all));
  return pairs.size() == members * (members - 1) / 2 ? pairs : attackers;
}

}  // namespace

Moves::Moves(const std::vector<Leaf>& leaves, const std::vector<Demand>& demands,
             const Options& options)
    : options_(options) {
  for (const Members known : Readers(options_.attackers)) {
    std::vector<MoveBasis::Leaf> seen;
    seen.reserve(leaves.size());
    for (const Leaf& leaf : leaves) {
      seen.push_back(
          {.count = leaf.count, .least = leaf.least, .known = (leaf.member & known) != 0});
    }
    order_.push_back(readers_.size());
    readers_.push_back({.known = known,
                        .group = {},
                        .basis = MoveBasis(seen, options_.width, options_.tries),
                        .demand_of = {},
                        .number_of = {}});
  }
  for (size_t g = 0; g < options_.groups.size(); ++g) {
    std::vector<MoveBasis::Leaf> seen;
    seen.reserve(leaves.size());
    for (const Leaf& leaf : leaves) {
      seen.push_back({.count = leaf.count, .least = leaf.least, .known = false});
    }
    for (const size_t leaf : options_.groups[g]) seen.at(leaf).known = true;
    order_.push_back(readers_.size());
    readers_.push_back({.known = 0,
                        .group = g,
                        .basis = MoveBasis(seen, options_.width, options_.tries),
                        .demand_of = {},
                        .number_of = {}});
  }
  for (const Demand& demand : demands) {
    if (!Want(demand)) throw std::invalid_argument("a demand that nothing shown could meet");
  }
}

bool Moves::Asks(const Reader& reader, const Demand& demand) {
  if (!reader.group) return Threatens(reader.known, demand.within);
  return std::find(demand.groups.begin(), demand.groups.end(), *reader.group) !=
         demand.groups.end();
}

bool Moves::Want(const Demand& demand) {
  const size_t number = within_.size();
  const MoveBasis::Demand wanted{
      .cell = demand.cell, .count = demand.count, .reach = std::max(options_.reach, demand.reach)};
  for (size_t r = 0; r < readers_.size(); ++r) {
    Reader& reader = readers_[r];
    if (!Asks(reader, demand)) {
      reader.number_of.push_back(kNone);
      continue;
    }
    if (!reader.basis.Want(wanted)) {
      blocker_ = {number, reader.known};
      for (size_t undone = 0; undone < r; ++undone) {
        Reader& before = readers_[undone];
        if (before.number_of.back() != kNone) {
          before.basis.ForgetLast();
          before.demand_of.pop_back();
        }
        before.number_of.pop_back();
      }
      return false;
    }
    reader.number_of.push_back(reader.demand_of.size());
    reader.demand_of.push_back(number);
  }
  within_.push_back(demand.within);
  return true;
}

Moves::Answer Moves::Show(const SparseVector& cell) {
  std::vector<MoveBasis::Change> changes;
  bool known = true;
  for (size_t i = 0; i < order_.size(); ++i) {
    Reader& reader = readers_[order_[i]];
    auto change = reader.basis.Prepare(cell);
    if (!change) {
      if (const auto blocker = reader.basis.blocker()) {
        blocker_ = {reader.demand_of[*blocker], reader.known};
      }
      std::rotate(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(i),
                  order_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return Answer::kRefused;
    }
    known = known && MoveBasis::IsNothing(*change);
    changes.push_back(std::move(*change));
  }
  for (size_t i = 0; i < order_.size(); ++i) {
    readers_[order_[i]].basis.Commit(std::move(changes[i]));
  }
  return known ? Answer::kKnown : Answer::kShown;
}

std::optional<Moves::Proof> Moves::ProofOf(const Reader& reader, size_t demand,
                                           Members attacker) const {
  auto proof = reader.basis.ProofFor(reader.number_of[demand]);
  if (!proof) return std::nullopt;
  return Proof{.demand = demand,
               .attacker = attacker,
               .low = std::move(proof->low),
               .high = std::move(proof->high),
               .width = proof->width};
}

std::optional<Moves::Proof> Moves::ProofFor(size_t demand, Members attacker) const {
  for (const Reader& reader : readers_) {
    if (reader.group || (attacker & ~reader.known) != 0 || reader.number_of[demand] == kNone) {
      continue;
    }
    return ProofOf(reader, demand, attacker);
  }
  return std::nullopt;
}

std::optional<Moves::Proof> Moves::ProofForGroup(size_t demand, size_t group) const {
  for (const Reader& reader : readers_) {
    if (reader.group == group && reader.number_of[demand] != kNone) {
      return ProofOf(reader, demand, 0);
    }
  }
  return std::nullopt;
}

}  // namespace polder::stats::suppress
