// Sending prepared deliveries: many files over one connection, a receipt beside each.
#ifndef POLDER_SERVER_MEMBER_SEND_H_
#define POLDER_SERVER_MEMBER_SEND_H_

#include <string>
#include <vector>

#include "server/member/prepare.h"

namespace polder::server::member {

struct SendOptions {
  std::vector<std::string> files;  // .p7m
  std::string url;                 // https://host:port
  std::string ca, certificate, private_key;
  Language language = Language::kDutch;
  bool json = false;
};

// Prints a line per file; writes <file>.receipt.json with the exact bytes of the receipt. Returns 0
// when every file was accepted, 1 when one was refused (its problems are shown by line and field),
// 3 when the network or a file failed. Later files are still tried after a refusal.
int RunSend(const SendOptions& options);

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_SEND_H_
