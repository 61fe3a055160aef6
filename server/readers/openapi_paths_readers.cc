#include "server/readers/openapi_parts.h"

namespace polder::server::readers {

const char* const kReaderPaths = R"json({
"/v1/releases": {"get": {
  "operationId": "listReleases", "tags": ["readers"], "summary": "The public releases",
  "description": "Releases whose embargo is over, by period, then by the moment they were made.",
  "parameters": [
    {"name": "period", "in": "query", "required": false, "description": "Only this year or quarter.",
     "schema": {"$ref": "#/components/schemas/Period"}},
    {"name": "kind", "in": "query", "required": false, "description": "Only this kind of release.",
     "schema": {"$ref": "#/components/schemas/ReleaseKind"}}],
  "responses": {
    "200": {"description": "The list.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReleaseList"}}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "400": {"$ref": "#/components/responses/Invalid"}}}},
"/v1/releases/{id}": {"get": {
  "operationId": "getRelease", "tags": ["readers"], "summary": "One release, byte for byte as it was signed",
  "description": "Canonical JSON (RFC 8785). The bytes never change; their SHA-256 is what the note signs and the log holds.",
  "parameters": [{"$ref": "#/components/parameters/ReleaseId"}],
  "responses": {
    "200": {"description": "The release.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Release"}}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/releases/{id}/note": {"get": {
  "operationId": "getReleaseNote", "tags": ["readers"], "summary": "The signed note over the release's digest",
  "parameters": [{"$ref": "#/components/parameters/ReleaseId"}],
  "responses": {
    "200": {"description": "A C2SP signed note.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"text/plain": {"schema": {"type": "string"}}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/releases/{id}/proof": {"get": {
  "operationId": "getReleaseProof", "tags": ["readers"], "summary": "Proof that the log holds the release",
  "description": "The log's leaf, its inclusion path and a signed checkpoint: what polder-verify takes as --proof.",
  "parameters": [{"$ref": "#/components/parameters/ReleaseId"}],
  "responses": {
    "200": {"description": "A C2SP tlog-proof.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"text/plain": {"schema": {"type": "string"}}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/releases/{id}/audit": {"get": {
  "operationId": "getReleaseAudit", "tags": ["readers"], "summary": "The public part of the audit's certificate",
  "description": "Canonical JSON whose SHA-256 is the release's auditDigest; polder-verify holds it against the release with --audit.",
  "parameters": [{"$ref": "#/components/parameters/ReleaseId"}],
  "responses": {
    "200": {"description": "The audit.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"type": "object"}}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/releases/{id}/hidden.svg": {"get": {
  "operationId": "getReleaseHidden", "tags": ["readers"], "summary": "What the release hides, as a picture",
  "description": "A heat map with a description in words, made from the release alone.",
  "parameters": [
    {"$ref": "#/components/parameters/ReleaseId"},
    {"name": "measure", "in": "query", "schema": {"$ref": "#/components/schemas/Code"}},
    {"name": "language", "in": "query", "schema": {"type": "string", "enum": ["nl", "en"]}}],
  "responses": {
    "200": {"description": "The picture.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"image/svg+xml": {"schema": {"type": "string"}}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "400": {"$ref": "#/components/responses/Invalid"},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/releases/{id}/tables/{measure}/{table}": {"get": {
  "operationId": "getTable", "tags": ["readers"], "summary": "One table of a release",
  "description": "JSON, or CSV (RFC 4180) when Accept asks for text/csv. Every cell is there with its status; only value, imprecise and break carry a number.",
  "parameters": [
    {"$ref": "#/components/parameters/ReleaseId"},
    {"name": "measure", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Code"}},
    {"name": "table", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Code"}}],
  "responses": {
    "200": {"description": "The table.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TableDocument"}},
                  "text/csv": {"schema": {"type": "string"}}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "406": {"$ref": "#/components/responses/NotAcceptable"}}}},
"/v1/comparisons": {"get": {
  "operationId": "compareYears", "tags": ["readers"], "summary": "Years side by side",
  "description": "Computed from public releases and exact public counts only. A word such as steeg is used only when noise and chance together leave no doubt at 97.5 %.",
  "parameters": [
    {"name": "measure", "in": "query", "required": false, "description": "persons when absent.",
     "schema": {"$ref": "#/components/schemas/Code"}},
    {"name": "table", "in": "query", "required": false, "description": "kind when absent.",
     "schema": {"$ref": "#/components/schemas/Code"}},
    {"name": "years", "in": "query", "required": false,
     "description": "Years of one calendar, comma-separated; all of the absence calendar when absent.",
     "schema": {"type": "string", "example": "2022SJ,2023SJ,2024SJ"}},
    {"name": "codes", "in": "query", "required": false,
     "description": "Only cells that carry all of these codes, comma-separated.",
     "schema": {"type": "string", "example": "absolute,GM0518"}}],
  "responses": {
    "200": {"description": "The comparisons.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Comparisons"}},
                  "text/csv": {"schema": {"type": "string"}}}},
    "304": {"$ref": "#/components/responses/NotModified"},
    "400": {"$ref": "#/components/responses/Invalid"},
    "406": {"$ref": "#/components/responses/NotAcceptable"}}}},
"/v1/openapi.json": {"get": {
  "operationId": "getOpenApi", "tags": ["readers"], "summary": "This document",
  "responses": {
    "200": {"description": "OpenAPI 3.1.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"type": "object"}}}},
    "304": {"$ref": "#/components/responses/NotModified"}}}}
})json";

}  // namespace polder::server::readers
