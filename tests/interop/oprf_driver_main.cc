// Our side of the oblivious function for programs of others to talk to: one JSON request a line on
// stdin, one answer a line on stdout, bytes in hexadecimal. For tests; it holds keys in the clear.
//
//   {"do":"derive","seed","info","mode"}            -> {"key","publicKey"}
//   {"do":"evaluate","key","blinded":[]}            -> {"publicKey","evaluated":[],"proof"}
//   {"do":"blind","inputs":[]}                      -> {"blinded":[]}
//   {"do":"finalize","holders":[{"publicKey","evaluated":[],"proof"}]} -> {"outputs":[]}
//
// A refusal is {"problems":[{"code","pointer"}]}.
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "crypto/oprf/oprf.h"
#include "policies/base/problem.h"

namespace {

using nlohmann::json;
using namespace polder;                // NOLINT: one program, one file
using namespace polder::crypto::oprf;  // NOLINT

base::Bytes Bytes(const json& hex) { return base::FromHex(hex.get<std::string>()).value(); }

template <typename Array>
Array Fixed(const json& hex) {
  const base::Bytes bytes = Bytes(hex);
  Array array;
  if (bytes.size() != array.size()) throw std::runtime_error("a peer's bytes have another length");
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

std::vector<Element> Elements(const json& list) {
  std::vector<Element> elements;
  for (const json& hex : list) elements.push_back(Fixed<Element>(hex));
  return elements;
}

template <typename List>
json HexList(const List& list) {
  json out = json::array();
  for (const auto& bytes : list) out.push_back(base::ToHex(bytes));
  return out;
}

std::unique_ptr<Blinding> g_blinding;

json Answer(const json& request) {
  const std::string what = request.at("do");
  if (what == "derive") {
    const OprfKey key = OprfKey::Derive(Bytes(request.at("seed")), Bytes(request.at("info")),
                                        request.at("mode") == 0 ? Mode::kOprf : Mode::kVoprf);
    return {{"key", base::ToHex(key.ToBytes().view())},
            {"publicKey", base::ToHex(key.public_key())}};
  }
  if (what == "evaluate") {
    const OprfKey key =
        OprfKey::FromBytes(crypto::digest::SecretBytes::Taking(Bytes(request.at("key"))));
    const Evaluation evaluation = BlindEvaluate(key, Elements(request.at("blinded")));
    return {{"publicKey", base::ToHex(key.public_key())},
            {"evaluated", HexList(evaluation.elements)},
            {"proof", base::ToHex(evaluation.proof)}};
  }
  if (what == "blind") {
    std::vector<base::Bytes> inputs;
    for (const json& hex : request.at("inputs")) inputs.push_back(Bytes(hex));
    g_blinding =
        std::make_unique<Blinding>(std::vector<base::ByteView>(inputs.begin(), inputs.end()));
    return {{"blinded", HexList(g_blinding->elements())}};
  }
  if (what == "finalize") {
    std::vector<Holder> holders;
    for (const json& holder : request.at("holders")) {
      holders.push_back({Fixed<Element>(holder.at("publicKey")),
                         {Elements(holder.at("evaluated")), Fixed<Proof>(holder.at("proof"))}});
    }
    return {{"outputs", HexList(g_blinding->Finalize(holders))}};
  }
  throw std::runtime_error("unknown request");
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    json answer;
    try {
      answer = Answer(json::parse(line));
    } catch (const base::ProblemError& error) {
      answer["problems"] = json::array();
      for (const base::Problem& problem : error.problems()) {
        answer["problems"].push_back({{"code", problem.code}, {"pointer", problem.pointer}});
      }
    } catch (const std::exception& error) {
      std::cerr << "oprf driver: " << error.what() << "\n";
      return 1;
    }
    std::cout << answer.dump() << std::endl;
  }
  return 0;
}
