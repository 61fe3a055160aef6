// The command line of `polder-keyholder`: init, create-key, list-keys, destroy-key, serve.
#ifndef POLDER_SERVER_KEYHOLDER_KEYHOLDER_COMMAND_H_
#define POLDER_SERVER_KEYHOLDER_KEYHOLDER_COMMAND_H_

namespace polder::server::keyholder {

// Exit 0 success, 1 refused, 2 wrong usage, 3 could not be done.
int RunKeyholder(int argc, const char* const* argv);

}  // namespace polder::server::keyholder

#endif  // POLDER_SERVER_KEYHOLDER_KEYHOLDER_COMMAND_H_
