#include "server/keyholder/keyholder_command.h"

int main(int argc, char** argv) { return polder::server::keyholder::RunKeyholder(argc, argv); }
