// Where the keys of one end of a TLS connection are. Paths of PEM files; the private key is not
// encrypted (its file mode protects it).
#ifndef POLDER_SERVER_HTTP_TLS_FILES_H_
#define POLDER_SERVER_HTTP_TLS_FILES_H_

#include <string>

namespace polder::server::http {

// The server's end. The files are read again when one of them changes.
struct TlsFiles {
  std::string certificate = {};  // own certificate, then its chain
  std::string private_key = {};
  // Who signs client certificates; empty when none are asked for. A certificate that is presented
  // must verify or the handshake is refused; presenting none is allowed, the route decides.
  std::string client_ca = {};
  // Revocation lists (PEM, one after another) of everyone who signs them; empty when nobody can be
  // revoked. With them, a client whose issuer has no valid list here is refused.
  std::string revocation_lists = {};
};

// The client's end.
struct ClientTlsFiles {
  // Who signs the server's certificate; there is no default.
  std::string server_ca = {};
  std::string certificate = {};  // own certificate; empty for none
  std::string private_key = {};
  // The authority itself, in PEM, instead of `server_ca`: one that came inside another document.
  std::string server_ca_pem = {};
};

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_TLS_FILES_H_
