// The pieces of the OpenAPI document, as JSON text: paths of the readers, paths of the region's
// members and officers, and what both refer to.
#ifndef POLDER_SERVER_READERS_OPENAPI_PARTS_H_
#define POLDER_SERVER_READERS_OPENAPI_PARTS_H_

namespace polder::server::readers {

extern const char* const kReaderPaths;
extern const char* const kRegionPaths;
extern const char* const kComponents;

}  // namespace polder::server::readers

#endif  // POLDER_SERVER_READERS_OPENAPI_PARTS_H_
