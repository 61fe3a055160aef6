#include "server/readers/openapi_parts.h"

namespace polder::server::readers {

const char* const kComponents = R"json({
"securitySchemes": {
  "clientCertificate": {"type": "mutualTLS",
    "description": "A member's certificate carries its OIN; an officer's is registered by fingerprint with its roles."}},
"headers": {
  "ETag": {"description": "Strong validator; If-None-Match answers 304.", "schema": {"type": "string"}}},
"parameters": {
  "ReleaseId": {"name": "id", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Code"}},
  "Digest": {"name": "digest", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Digest"}}},
"responses": {
  "NotModified": {"description": "The copy you have is current."},
  "Invalid": {"description": "Every problem of the input at once.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "Forbidden": {"description": "No certificate, or not this role's act.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "NotFound": {"description": "There is no such thing, or it is not public.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "NotAcceptable": {"description": "None of the offered media types is accepted.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "Conflict": {"description": "Not now: the detail says what must happen first.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "TooLarge": {"description": "The body is larger than a delivery may be.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "WrongMediaType": {"description": "The body is not of a type that is taken here.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "Unavailable": {"description": "It cannot; the detail says what is missing.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
"schemas": {
  "Code": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:+-]{0,63}$"},
  "Digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
  "Instant": {"type": "string", "format": "date-time"},
  "Exact": {"type": "string", "description": "An exact rational: 3, 0.25 or p/q.", "pattern": "^-?[0-9]+([.][0-9]+|/[0-9]+)?$"},
  "Period": {"type": "string", "pattern": "^[0-9]{4}(SJ|VSV)(-Q[1-4])?$", "example": "2022SJ-Q3"},
  "ReleaseKind": {"type": "string", "enum": ["monitor", "provisional", "definitive", "vsv", "slice"]},
  "CellStatus": {"type": "string",
    "enum": ["value", "hidden", "imprecise", "missing-delivery", "not-applicable", "break"]},
  "Problem": {"type": "object", "required": ["title", "status"], "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
    "errors": {"type": "array", "items": {"type": "object", "required": ["code", "pointer", "detail"], "properties": {
      "code": {"type": "string"}, "pointer": {"type": "string"}, "detail": {"type": "string"},
      "line": {"type": "integer"}, "column": {"type": "integer"}}}}}},
  "Act": {"type": "object", "description": "What was done, and where the log holds it."},
  "Job": {"type": "object", "description": "id, kind, state (queued, running, done, failed), progress and messages."},
  "ReleaseList": {"type": "object", "required": ["releases"], "properties": {
    "releases": {"type": "array", "items": {"$ref": "#/components/schemas/ReleaseSummary"}}}},
  "ReleaseSummary": {"type": "object",
    "required": ["id", "region", "period", "kind", "origin", "demo", "madeAt", "publicAt", "digest", "measures", "href"],
    "properties": {
      "id": {"$ref": "#/components/schemas/Code"}, "region": {"type": "string"},
      "period": {"$ref": "#/components/schemas/Period"}, "kind": {"$ref": "#/components/schemas/ReleaseKind"},
      "origin": {"type": "string", "enum": ["region", "office"]}, "demo": {"type": "boolean"},
      "madeAt": {"$ref": "#/components/schemas/Instant"}, "publicAt": {"$ref": "#/components/schemas/Instant"},
      "digest": {"$ref": "#/components/schemas/Digest"}, "href": {"type": "string"},
      "measures": {"type": "array", "items": {"type": "object", "required": ["id", "tables"], "properties": {
        "id": {"type": "string"}, "tables": {"type": "array", "items": {"type": "string"}}}}}}},
  "Cell": {"type": "object", "required": ["codes", "status"], "properties": {
    "codes": {"type": "array", "items": {"type": "string"}}, "status": {"$ref": "#/components/schemas/CellStatus"},
    "value": {"type": "integer"}, "low": {"type": "integer"}, "high": {"type": "integer"}}},
  "Table": {"type": "object", "required": ["id", "attributes", "sd", "variance", "cells"], "properties": {
    "id": {"type": "string"}, "attributes": {"type": "array", "items": {"type": "string"}},
    "sd": {"type": "string"}, "variance": {"$ref": "#/components/schemas/Exact"},
    "cells": {"type": "array", "items": {"$ref": "#/components/schemas/Cell"}}}},
  "TableDocument": {"type": "object", "required": ["release", "period", "measure", "unit", "table"], "properties": {
    "release": {"$ref": "#/components/schemas/Code"}, "period": {"$ref": "#/components/schemas/Period"},
    "measure": {"type": "string"}, "unit": {"type": "string"}, "table": {"$ref": "#/components/schemas/Table"}}},
  "Release": {"type": "object", "required": ["format", "header", "measures"], "properties": {
    "format": {"const": "polder-release-1"}, "header": {"type": "object"},
    "measures": {"type": "array", "items": {"type": "object"}}}},
  "Comparisons": {"type": "object", "required": ["measure", "table", "years", "releases", "comparisons"], "properties": {
    "measure": {"type": "string"}, "table": {"type": "string"},
    "years": {"type": "array", "items": {"type": "string"}},
    "releases": {"type": "array", "items": {"type": "string"}},
    "comparisons": {"type": "array", "items": {"type": "object"}}}}}
})json";

}  // namespace polder::server::readers
