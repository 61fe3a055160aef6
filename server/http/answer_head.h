// Reads the head of an answer, as strictly as request heads are read: an answer whose end is not
// certain is no answer.
#ifndef POLDER_SERVER_HTTP_ANSWER_HEAD_H_
#define POLDER_SERVER_HTTP_ANSWER_HEAD_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "server/http/message.h"

namespace polder::server::http {

struct AnswerHead {
  int status = 0;
  Headers headers;
  size_t body_length = 0;  // 0 for 1xx, 204, 304 and an answer to HEAD
  bool keep_alive = true;
};

// `head` is everything up to and with the empty line. nullopt for another version than HTTP/1.0 or
// 1.1, a status that is not three digits from 100 on, fields that ParseFields refuses, any
// Transfer-Encoding, or no valid Content-Length where a body must follow.
std::optional<AnswerHead> ParseAnswerHead(std::string_view head, bool to_head_request);

}  // namespace polder::server::http

#endif  // POLDER_SERVER_HTTP_ANSWER_HEAD_H_
