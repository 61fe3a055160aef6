#include "server/cli/cli.h"

int main(int argc, char** argv) { return polder::server::cli::Main(argc, argv); }
