// The command line of `polder-member`: prepare, tokenise, send.
#ifndef POLDER_SERVER_MEMBER_MEMBER_COMMAND_H_
#define POLDER_SERVER_MEMBER_MEMBER_COMMAND_H_

namespace polder::server::member {

// Exit 0 success, 1 refused (every fault is on stderr), 2 wrong usage, 3 could not be done.
int RunMember(int argc, const char* const* argv);

}  // namespace polder::server::member

#endif  // POLDER_SERVER_MEMBER_MEMBER_COMMAND_H_
