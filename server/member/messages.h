// What the data steward reads: every fault in plain Dutch or English, with what to do next.
#ifndef POLDER_SERVER_MEMBER_MESSAGES_H_
#define POLDER_SERVER_MEMBER_MESSAGES_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "server/member/prepare.h"

namespace polder::server::member {

// The sentence of a fault code, with {0}, {1}, … replaced. Throws std::out_of_range for a code
// without a sentence.
// Privacy: callers pass column names, codes and periods, never a cell that identifies.
std::string Say(Language language, std::string_view code,
                std::initializer_list<std::string_view> parts = {});

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_MESSAGES_H_
