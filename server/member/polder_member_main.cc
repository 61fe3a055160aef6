#include "server/member/member_command.h"

int main(int argc, char** argv) { return polder::server::member::RunMember(argc, argv); }
