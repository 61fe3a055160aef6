#include "stats/table/spec.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "policies/base/json.h"
#include "policies/base/json_reader.h"

namespace polder::stats::table {
namespace {

using base::Json;
using base::ObjectReader;
using base::Pointer;
using base::Problems;
using Ordered = nlohmann::ordered_json;

// Walks a hierarchy in the order of the document.
class TreeReader {
 public:
  TreeReader(Problems& problems) : problems_(problems) {}

  std::vector<TreeNode> Read(const Ordered& hierarchy, const std::string& pointer) {
    Children(hierarchy, std::nullopt, pointer);
    if (nodes_.empty() && problems_.empty()) {
      problems_.Add("empty-list", pointer, "a hierarchy has at least one node");
    }
    return std::move(nodes_);
  }

 private:
  std::optional<size_t> Add(const std::string& name, std::optional<size_t> parent,
                            const std::string& pointer) {
    if (name.empty() || name.size() > 256) {
      problems_.Add("wrong-length", pointer, "a node's name has 1 to 256 bytes");
      return std::nullopt;
    }
    if (!names_.insert(name).second) {
      problems_.Add("duplicate-node", pointer,
                    "a node's name stands once in a dimension; rename one of the two");
      return std::nullopt;
    }
    nodes_.push_back({.name = name, .parent = parent, .children = {}});
    return nodes_.size() - 1;
  }

  void Children(const Ordered& json, std::optional<size_t> parent, const std::string& pointer) {
    if (json.is_null()) return;
    if (json.is_array()) {
      for (size_t i = 0; i < json.size(); ++i) {
        const std::string at = Pointer(pointer, i);
        if (json[i].is_string()) {
          Add(json[i].get<std::string>(), parent, at);
        } else {
          problems_.Add("wrong-type", at, "a list in a hierarchy holds names of leaves");
        }
      }
      return;
    }
    if (!json.is_object()) {
      problems_.Add("wrong-type", pointer,
                    "under a node stands an object of nodes, a list of leaves, or null");
      return;
    }
    for (const auto& [name, below] : json.items()) {
      const std::string at = Pointer(pointer, name);
      const std::optional<size_t> node = Add(name, parent, at);
      if (node) Children(below, node, at);
    }
  }

  Problems& problems_;
  std::vector<TreeNode> nodes_;
  std::set<std::string> names_;
};

template <typename Value>
Value Choice(ObjectReader& object, std::string_view name,
             const std::vector<std::pair<std::string_view, Value>>& choices) {
  const Json& json = object.Raw(name);
  if (json.is_null()) return choices.front().second;
  std::string all;
  for (const auto& [text, value] : choices) {
    if (json.is_string() && json.get<std::string>() == text) return value;
    all += (all.empty() ? "\"" : " or \"") + std::string(text) + "\"";
  }
  object.Fault("unknown-value", name, "must be " + all);
  return choices.front().second;
}

std::vector<Tree> ReadTrees(ObjectReader& object, const Ordered& ordered, Problems& problems) {
  std::vector<Tree> trees;
  std::set<std::string> columns;
  size_t index = 0;
  object.Objects("dimensions", [&](ObjectReader& dimension) {
    const std::string column = dimension.Text("column", 1, 256);
    dimension.Ignore("hierarchy");
    const Ordered& json = ordered["dimensions"][index++];
    if (column == "count" || column == "status" || !columns.insert(column).second) {
      dimension.Fault("duplicate-column", "column",
                      "each dimension has a column of its own, and not count or status");
      return;
    }
    if (!json.contains("hierarchy")) {
      dimension.Fault("missing-field", "hierarchy", "this field is required");
      return;
    }
    Problems found;
    std::vector<TreeNode> nodes =
        TreeReader(found).Read(json["hierarchy"], dimension.At("hierarchy"));
    for (const base::Problem& problem : found.found()) problems.Add(problem);
    if (found.empty()) trees.emplace_back(column, std::move(nodes));
  });
  return trees;
}

std::optional<size_t> FindColumn(const std::vector<Tree>& trees, const Json& name) {
  for (size_t d = 0; d < trees.size(); ++d) {
    if (name.is_string() && trees[d].column() == name.get<std::string>()) return d;
  }
  return std::nullopt;
}

// "tables": [["municipality","indicator"], …]: the other dimensions stand at their total.
std::vector<bool> ReadOffered(ObjectReader& object, const Grid& grid) {
  const Json& json = object.Raw("tables");
  std::vector<bool> offered(grid.cells(), json.is_null());
  if (json.is_null()) return offered;
  if (!json.is_array() || json.empty()) {
    object.Fault("wrong-type", "tables", "must be a list of lists of columns");
    return offered;
  }
  std::vector<std::vector<bool>> crosses;
  for (const Json& table : json) {
    std::vector<bool> crossed(grid.trees().size());
    if (!table.is_array())
      object.Fault("wrong-type", "tables", "must be a list of lists of columns");
    for (const Json& column : table.is_array() ? table : Json::array()) {
      const std::optional<size_t> d = FindColumn(grid.trees(), column);
      if (d) crossed[*d] = true;
      if (!d) object.Fault("unknown-column", "tables", "a table crosses columns of dimensions");
    }
    crosses.push_back(crossed);
  }
  for (size_t d = 0; d < grid.trees().size(); ++d) {
    const bool everywhere = std::all_of(crosses.begin(), crosses.end(),
                                        [&](const std::vector<bool>& cross) { return cross[d]; });
    if (!everywhere && !grid.trees()[d].Root()) {
      object.Fault("no-total", "tables",
                   "a table leaves out column " + grid.trees()[d].column() +
                       ", which has several roots; give it one node above all");
      return offered;
    }
  }
  for (size_t cell = 0; cell < grid.cells(); ++cell) {
    offered[cell] =
        std::any_of(crosses.begin(), crosses.end(), [&](const std::vector<bool>& cross) {
          for (size_t d = 0; d < cross.size(); ++d) {
            if (!cross[d] && grid.trees()[d].Root() != grid.NodeOf(cell, d)) return false;
          }
          return true;
        });
  }
  return offered;
}

// {"year":["2025"]}: column to nodes.
std::vector<std::vector<bool>> ReadKeep(ObjectReader& object, const std::vector<Tree>& trees) {
  std::vector<std::vector<bool>> keep;
  for (const Tree& tree : trees) keep.emplace_back(tree.size());
  const Json& json = object.Raw("keep");
  if (json.is_null()) return keep;
  if (!json.is_object()) {
    object.Fault("wrong-type", "keep", "must be an object of columns with lists of nodes");
    return keep;
  }
  for (const auto& [column, names] : json.items()) {
    const std::optional<size_t> d = FindColumn(trees, column);
    if (!d) object.Fault("unknown-column", "keep", "no dimension has column " + column);
    if (!names.is_array()) object.Fault("wrong-type", "keep", "must be lists of nodes by column");
    if (!d || !names.is_array()) continue;
    for (const Json& name : names) {
      const std::optional<size_t> node =
          name.is_string() ? trees[*d].Find(name.get<std::string>()) : std::nullopt;
      if (node) keep[*d][*node] = true;
      if (!node) object.Fault("unknown-code", "keep", "column " + column + " has no such node");
    }
  }
  return keep;
}

// [{"municipality":"M01","indicator":"vsv"}, …]: a column left out stands for its only root.
std::vector<std::vector<size_t>> ReadStructural(ObjectReader& object,
                                                const std::vector<Tree>& trees) {
  std::vector<std::vector<size_t>> structural;
  const Json& json = object.Raw("structuralZeros");
  for (const Json& entry : json.is_array() ? json : Json::array()) {
    std::vector<size_t> nodes;
    for (const Tree& tree : trees) {
      const bool named = entry.is_object() && entry.contains(tree.column());
      const std::optional<size_t> node =
          !named ? tree.Root()
                 : (entry[tree.column()].is_string()
                        ? tree.Find(entry[tree.column()].get<std::string>())
                        : std::nullopt);
      if (node) nodes.push_back(*node);
    }
    if (nodes.size() == trees.size() && entry.is_object()) {
      structural.push_back(nodes);
    } else {
      object.Fault("unknown-code", "structuralZeros",
                   "an entry names a node of each column it restricts");
    }
  }
  if (!json.is_null() && !json.is_array()) {
    object.Fault("wrong-type", "structuralZeros", "must be a list of objects");
  }
  return structural;
}

std::optional<size_t> ReadInsiders(ObjectReader& object, const std::vector<Tree>& trees) {
  const Json& json = object.Raw("insiders");
  if (json.is_null()) return std::nullopt;
  const std::optional<size_t> found = FindColumn(trees, json);
  if (!found)
    object.Fault("unknown-column", "insiders", "must be the column of a dimension, or null");
  return found;
}

}  // namespace

CountSpec ParseCountSpec(std::string_view json) {
  const Json parsed = base::ParseJson(json);
  Problems problems;
  ObjectReader object(parsed, "", problems);
  std::vector<Tree> trees;
  if (parsed.is_object()) trees = ReadTrees(object, Ordered::parse(json), problems);
  size_t cells = 1;
  for (const Tree& tree : trees) cells = std::min(cells * tree.size(), Grid::kMostCells + 1);
  if (cells > Grid::kMostCells) {
    object.Fault("too-many-cells", "dimensions",
                 "the full cross has more than " + std::to_string(Grid::kMostCells) +
                     " cells; leave out a dimension or split the work");
  }
  problems.ThrowIfAny();
  CountSpec spec{.grid = Grid(trees),
                 .offered = {},
                 .insiders = {},
                 .previous = {},
                 .keep = {},
                 .structural = {}};
  spec.offered = ReadOffered(object, spec.grid);
  spec.threshold = object.Integer("threshold", 1, 1'000'000);
  spec.zeros = Choice<Zeros>(object, "zeros",
                             {{"published", Zeros::kPublished}, {"protected", Zeros::kProtected}});
  spec.protect = Choice<Protection>(
      object, "protect", {{"exact", Protection::kExact}, {"interval", Protection::kInterval}});
  spec.alone =
      Choice<Alone>(object, "alone",
                    {{"pairs", Alone::kPairs}, {"all", Alone::kAll}, {"nothing", Alone::kNothing}});
  spec.width = object.OptionalInteger("width", 1, 1'000'000).value_or(5);
  spec.insiders = ReadInsiders(object, trees);
  if (!object.Raw("previous").is_null()) {
    spec.previous = object.OptionalTexts("previous").value_or(std::vector<std::string>{});
  }
  spec.loss = Choice<Loss>(object, "loss", {{"value", Loss::kValue}, {"cells", Loss::kCells}});
  spec.keep = ReadKeep(object, trees);
  spec.full_cells = object.OptionalBoolean("fullCells").value_or(false);
  spec.group_disclosure = object.OptionalBoolean("groupDisclosure").value_or(false);
  spec.structural = ReadStructural(object, trees);
  object.Finish();
  problems.ThrowIfAny();
  return spec;
}

}  // namespace polder::stats::table
