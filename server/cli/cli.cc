#include "server/cli/cli.h"

#include "server/cli/door.h"
#include "server/cli/hidden_text.h"

namespace polder::server::cli {

int Main(int argc, char** argv) {
  return RunCommands(
      argc, argv,
      {AddRegionCommands, AddActCommands, AddOfficeCommands, AddSimulateCommand, AddReplayCommand,
       AddSuppressCommand, AddAttackCommand, AddHiddenCommand, AddLogCommands, AddNoiseCommands});
}

}  // namespace polder::server::cli
