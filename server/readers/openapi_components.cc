#include "server/readers/openapi_parts.h"

namespace polder::server::readers {

const char* const kComponents = R"json({
"securitySchemes": {
  "signIn": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token of the region's identity provider, where one is configured."},
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
  "LogIndex": {"type": "integer", "minimum": 0, "description": "Index of the act's leaf in the log."},
  "PolicyProposed": {"type": "object", "required": ["digest", "logIndex"], "properties": {
    "digest": {"$ref": "#/components/schemas/Digest"}, "id": {"type": "string"}, "version": {"type": "string"},
    "approvalsNeeded": {"type": "integer"}, "logIndex": {"$ref": "#/components/schemas/LogIndex"}}},
  "PolicyApproved": {"type": "object", "required": ["digest", "approved", "logIndex"], "properties": {
    "digest": {"$ref": "#/components/schemas/Digest"}, "approved": {"type": "boolean"},
    "logIndex": {"$ref": "#/components/schemas/LogIndex"}}},
  "TokenKey": {"type": "object", "required": ["domain", "keyId", "publicKey"], "additionalProperties": false, "properties": {
    "domain": {"type": "string", "example": "RMC10/absence/2022SJ"}, "keyId": {"$ref": "#/components/schemas/Code"},
    "publicKey": {"type": "string", "pattern": "^[A-Za-z0-9_-]{44}$"}}},
  "TokenKeyPublished": {"type": "object", "required": ["keyId", "complete", "logIndex"], "properties": {
    "keyId": {"$ref": "#/components/schemas/Code"},
    "complete": {"type": "boolean", "description": "Whether both holders of the domain have published."},
    "logIndex": {"$ref": "#/components/schemas/LogIndex"}}},
  "TokenKeyEnded": {"type": "object", "required": ["keyId", "state", "logIndex"], "properties": {
    "keyId": {"$ref": "#/components/schemas/Code"}, "state": {"const": "destroyed"},
    "logIndex": {"$ref": "#/components/schemas/LogIndex"}}},
  "TokenSheet": {"type": "object", "required": ["format", "region", "holders", "domains"], "properties": {
    "format": {"const": "polder-tokens-1"}, "region": {"type": "string"},
    "holders": {"type": "array", "items": {"type": "object", "required": ["name", "url", "authority"], "properties": {
      "name": {"type": "string"}, "url": {"type": "string"}, "authority": {"type": "string", "description": "PEM."}}}},
    "domains": {"type": "array", "items": {"type": "object", "required": ["domain", "keys"], "properties": {
      "domain": {"type": "string"},
      "keys": {"type": "array", "items": {"type": "object", "required": ["holder", "keyId", "publicKey", "logIndex"], "properties": {
        "holder": {"type": "string"}, "keyId": {"$ref": "#/components/schemas/Code"}, "publicKey": {"type": "string"},
        "logIndex": {"$ref": "#/components/schemas/LogIndex"}}}}}}}}},
  "SeedCommitment": {"type": "object", "required": ["releaseId", "commitment"], "additionalProperties": false, "properties": {
    "releaseId": {"$ref": "#/components/schemas/Code"}, "commitment": {"$ref": "#/components/schemas/Digest"}}},
  "SeedReveal": {"type": "object", "required": ["releaseId", "seed"], "additionalProperties": false, "properties": {
    "releaseId": {"$ref": "#/components/schemas/Code"},
    "seed": {"type": "string", "pattern": "^[0-9A-Fa-f]{64,}$", "description": "At least 32 bytes, hexadecimal."},
    "escrow": {"type": "string", "contentEncoding": "base64",
      "description": "The seed for the replay auditor: CMS SignedData in AuthEnvelopedData (DER). Required when the region has one."}}},
  "Deadline": {"type": "object", "required": ["releaseId", "deliverBy"], "additionalProperties": false, "properties": {
    "releaseId": {"$ref": "#/components/schemas/Code"}, "deliverBy": {"type": "string", "format": "date-time"}}},
  "DeadlineAct": {"type": "object", "required": ["releaseId", "deliverBy", "logIndex"], "properties": {
    "releaseId": {"$ref": "#/components/schemas/Code"}, "deliverBy": {"type": "string", "format": "date-time"},
    "logIndex": {"$ref": "#/components/schemas/LogIndex"}}},
  "SeedAct": {"type": "object", "required": ["releaseId", "role", "logIndex"], "properties": {
    "releaseId": {"$ref": "#/components/schemas/Code"}, "role": {"type": "string", "enum": ["operator", "auditor"]},
    "logIndex": {"$ref": "#/components/schemas/LogIndex"}}},
  "FreezeRequest": {"type": "object", "required": ["releaseId", "policy"], "additionalProperties": false, "properties": {
    "releaseId": {"$ref": "#/components/schemas/Code"}, "policy": {"$ref": "#/components/schemas/Digest"}}},
  "Frozen": {"type": "object", "required": ["releaseId", "digest", "deliveries", "logIndex"], "properties": {
    "releaseId": {"$ref": "#/components/schemas/Code"}, "digest": {"$ref": "#/components/schemas/Digest"},
    "deliveries": {"type": "array", "items": {"type": "object", "properties": {
      "municipality": {"type": "string"}, "deliveryId": {"type": "string"}}}},
    "logIndex": {"$ref": "#/components/schemas/LogIndex"}}},
  "ReleaseRequest": {"type": "object", "required": ["releaseId"], "additionalProperties": false, "properties": {
    "releaseId": {"$ref": "#/components/schemas/Code"}}},
  "ReleaseQueued": {"type": "object", "required": ["jobId", "releaseId", "state", "href"], "properties": {
    "jobId": {"type": "string"}, "releaseId": {"$ref": "#/components/schemas/Code"},
    "state": {"$ref": "#/components/schemas/JobState"}, "href": {"type": "string"}}},
  "ErasureRequest": {"type": "object", "required": ["items", "reason"], "additionalProperties": false, "properties": {
    "items": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "object", "required": ["municipality"],
      "additionalProperties": false, "properties": {"municipality": {"$ref": "#/components/schemas/Code"},
      "deliveryId": {"$ref": "#/components/schemas/Code"}, "year": {"$ref": "#/components/schemas/Code"}}}},
    "reason": {"type": "string"}}},
  "ErasureQueued": {"type": "object", "required": ["jobId", "digest", "state", "href"], "properties": {
    "jobId": {"type": "string"}, "digest": {"$ref": "#/components/schemas/Digest"},
    "state": {"$ref": "#/components/schemas/JobState"}, "href": {"type": "string"}}},
  "Veto": {"type": "object", "required": ["reason"], "additionalProperties": false, "properties": {
    "reason": {"type": "string"}}},
  "Withheld": {"type": "object", "required": ["releaseId", "state", "logIndex"], "properties": {
    "releaseId": {"$ref": "#/components/schemas/Code"}, "state": {"const": "withheld"},
    "logIndex": {"$ref": "#/components/schemas/LogIndex"}}},
  "JobState": {"type": "string", "enum": ["queued", "running", "done", "failed"]},
  "Job": {"type": "object", "required": ["id", "kind", "releaseId", "state", "progress", "message"], "properties": {
    "id": {"type": "string"}, "kind": {"type": "string"}, "releaseId": {"type": "string"},
    "state": {"$ref": "#/components/schemas/JobState"},
    "progress": {"type": "string", "description": "Step of steps and its name: 4/13 tabulate."},
    "message": {"type": "string", "description": "Why it failed or is tried again. Never a count."},
    "attempts": {"type": "integer"}, "officer": {"type": "string"},
    "createdAt": {"$ref": "#/components/schemas/Instant"}, "changedAt": {"$ref": "#/components/schemas/Instant"}}},
  "Budget": {"type": "object", "description": "Exact amounts of rho, as text.", "required": ["population"], "properties": {
    "population": {"type": "string"},
    "policy": {"description": "Digest of the approved policy, or null.", "type": ["string", "null"]},
    "yearlyCap": {"$ref": "#/components/schemas/Exact"},
    "schoolYears": {"type": "array", "items": {"type": "object", "properties": {
      "schoolYear": {"type": "string"}, "spent": {"$ref": "#/components/schemas/Exact"},
      "boundOfTwoIdentifiers": {"$ref": "#/components/schemas/Exact"},
      "remaining": {"$ref": "#/components/schemas/Exact"}}}},
    "reservations": {"type": "array", "items": {"type": "object"}}}},
  "Leaves": {"type": "object", "required": ["size", "leaves"], "properties": {
    "size": {"type": "integer"},
    "leaves": {"type": "array", "items": {"type": "object", "required": ["index", "hash", "entry"], "properties": {
      "index": {"type": "integer"}, "hash": {"$ref": "#/components/schemas/Digest"},
      "entry": {"type": "string", "description": "Canonical JSON: the bytes that were hashed."}}}}}},
  "Health": {"type": "object", "required": ["status"], "properties": {
    "status": {"type": "string"}, "logSize": {"type": "integer"}, "demo": {"type": "boolean"}}},
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
    "value": {"type": "integer"}, "low": {"type": "integer"}, "high": {"type": "integer"},
    "sd": {"type": "string", "description": "of this cell, where cells of the table differ in it"},
    "variance": {"$ref": "#/components/schemas/Exact"}}},
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
