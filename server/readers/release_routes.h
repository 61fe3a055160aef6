// Handlers of single releases: the list, the signed bytes, their note and proof, one table.
#ifndef POLDER_SERVER_READERS_RELEASE_ROUTES_H_
#define POLDER_SERVER_READERS_RELEASE_ROUTES_H_

#include "policies/codebook/codebook.h"
#include "server/http/message.h"
#include "server/readers/shelf.h"

namespace polder::server::readers {

http::Response ListReleases(const http::Request& request, Shelf& shelf);
http::Response GetRelease(const http::Request& request, Shelf& shelf);
http::Response GetNote(const http::Request& request, Shelf& shelf);
http::Response GetProof(const http::Request& request, Shelf& shelf);
// The public part of the audit's certificate.
http::Response GetAudit(const http::Request& request, Shelf& shelf);
// What the release hides, as a picture.
http::Response GetHidden(const http::Request& request, Shelf& shelf,
                         const policies::codebook::Codebook& codebook);
http::Response GetTable(const http::Request& request, Shelf& shelf);

}  // namespace polder::server::readers

#endif  // POLDER_SERVER_READERS_RELEASE_ROUTES_H_
