#include "server/readers/openapi_parts.h"

namespace polder::server::readers {

const char* const kRegionPaths = R"json({
"/v1/deliveries": {"post": {
  "operationId": "deliver", "tags": ["members"], "summary": "Hand in a delivery",
  "description": "CMS SignedData inside AuthEnvelopedData (AES-256-GCM). The signer's OIN, the client certificate's and the manifest's must be the same municipality. Identical bytes again give the same receipt.",
  "security": [{"clientCertificate": []}],
  "requestBody": {"required": true, "content": {"application/pkcs7-mime": {"schema": {"type": "string", "format": "binary"}}}},
  "responses": {
    "200": {"description": "These bytes were received before: the same receipt.",
      "content": {"text/plain": {"schema": {"type": "string"}}}},
    "201": {"description": "The signed receipt.", "content": {"text/plain": {"schema": {"type": "string"}}}},
    "400": {"$ref": "#/components/responses/Invalid"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "409": {"$ref": "#/components/responses/Conflict"},
    "413": {"$ref": "#/components/responses/TooLarge"},
    "415": {"$ref": "#/components/responses/WrongMediaType"}}}},
"/v1/policies": {"post": {
  "operationId": "proposePolicy", "tags": ["officers"], "summary": "Propose a disclosure policy",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object"}}}},
  "responses": {
    "201": {"description": "Stored under its digest, not yet approved.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PolicyProposed"}}}},
    "400": {"$ref": "#/components/responses/Invalid"},
    "403": {"$ref": "#/components/responses/Forbidden"}}}},
"/v1/policies/{digest}": {"get": {
  "operationId": "getPolicy", "tags": ["readers"], "summary": "A policy by its digest",
  "parameters": [{"$ref": "#/components/parameters/Digest"}],
  "responses": {
    "200": {"description": "Canonical JSON.", "content": {"application/json": {"schema": {"type": "object"}}}},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/policies/{digest}/approvals": {"post": {
  "operationId": "approvePolicy", "tags": ["officers"], "summary": "Approve a policy written by someone else",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "parameters": [{"$ref": "#/components/parameters/Digest"}],
  "responses": {
    "201": {"description": "Approved.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PolicyApproved"}}}},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/deadlines": {"post": {
  "operationId": "announceDeadline", "tags": ["officers"], "summary": "Announce until when members deliver for a release",
  "description": "Seeds are committed before it, the freeze comes after it. It can only be made later.",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Deadline"}}}},
  "responses": {
    "201": {"description": "Announced.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DeadlineAct"}}}},
    "400": {"$ref": "#/components/responses/Invalid"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/token-keys": {
  "post": {
    "operationId": "publishTokenKey", "tags": ["officers"], "summary": "Publish a key holder's key of a token domain",
    "description": "Two holders of one domain are two organisations; one key of each, which stays.",
    "security": [{"clientCertificate": []}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenKey"}}}},
    "responses": {
      "201": {"description": "Published.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenKeyPublished"}}}},
      "400": {"$ref": "#/components/responses/Invalid"},
      "403": {"$ref": "#/components/responses/Forbidden"},
      "409": {"$ref": "#/components/responses/Conflict"}}},
  "get": {
    "operationId": "getTokenKeys", "tags": ["members"], "summary": "Key holders and their published keys: tokens.json",
    "responses": {
      "200": {"description": "polder-tokens-1: domains with the keys of both holders.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenSheet"}}}}}}},
"/v1/token-keys/{id}/ends": {"post": {
  "operationId": "endTokenKey", "tags": ["officers"], "summary": "Say that a key was destroyed",
  "security": [{"clientCertificate": []}],
  "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Code"}}],
  "responses": {
    "201": {"description": "In the log.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenKeyEnded"}}}},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/seed-commitments": {"post": {
  "operationId": "commitSeed", "tags": ["officers"], "summary": "Commit to a seed before the deadline for deliveries",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SeedCommitment"}}}},
  "responses": {
    "201": {"description": "Committed.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SeedAct"}}}},
    "400": {"$ref": "#/components/responses/Invalid"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/freezes": {"post": {
  "operationId": "freeze", "tags": ["officers"], "summary": "Pin the deliveries of a period",
  "description": "Refused before both seeds are committed. Never reopened.",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FreezeRequest"}}}},
  "responses": {
    "201": {"description": "Frozen.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Frozen"}}}},
    "400": {"$ref": "#/components/responses/Invalid"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/seed-reveals": {"post": {
  "operationId": "revealSeed", "tags": ["officers"], "summary": "Reveal a committed seed after the freeze",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SeedReveal"}}}},
  "responses": {
    "201": {"description": "Revealed.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SeedAct"}}}},
    "400": {"$ref": "#/components/responses/Invalid"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/seed-escrows/{id}/{role}": {"get": {
  "operationId": "readSeedEscrow", "tags": ["officers"], "summary": "The seed of a release for the replay auditor",
  "description": "Encrypted to the replay auditor by who revealed it. That it was handed out becomes a leaf of the log.",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Code"}},
    {"name": "role", "in": "path", "required": true, "schema": {"type": "string", "enum": ["operator", "auditor"]}}],
  "responses": {
    "200": {"description": "CMS.", "content": {"application/pkcs7-mime": {"schema": {"type": "string", "format": "binary"}}}},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/releases": {"post": {
  "operationId": "startRelease", "tags": ["officers"], "summary": "Make the release of a frozen period",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReleaseRequest"}}}},
  "responses": {
    "202": {"description": "Queued; the body names the job.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReleaseQueued"}}}},
    "400": {"$ref": "#/components/responses/Invalid"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/erasures": {"get": {
  "operationId": "getErasures", "tags": ["officers"], "summary": "What was proposed to be erased",
  "description": "For privacy officers: the text behind each digest, so that who approves knows what.",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "responses": {
    "200": {"description": "All proposals and how they ended.", "content": {"application/json": {"schema": {"type": "object"}}}},
    "403": {"$ref": "#/components/responses/Forbidden"}}},
  "post": {
  "operationId": "askErasure", "tags": ["officers"], "summary": "Destroy the keys of deliveries or years",
  "description": "Irreversible. A municipality has its own erased; a privacy officer proposes, another approves. The log gets a salted digest only.",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErasureRequest"}}}},
  "responses": {
    "201": {"description": "Proposed: it waits for another privacy officer.", "content": {"application/json": {"schema": {"type": "object"}}}},
    "202": {"description": "A municipality's own: queued; the body names the job.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErasureQueued"}}}},
    "400": {"$ref": "#/components/responses/Invalid"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/erasures/{digest}/approvals": {"post": {
  "operationId": "approveErasure", "tags": ["officers"], "summary": "Approve what another privacy officer proposed to erase",
  "description": "Irreversible. Refused to who proposed it, and after 14 days.",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "parameters": [{"name": "digest", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Code"}}],
  "responses": {
    "202": {"description": "Queued; the body names the job.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErasureQueued"}}}},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/erasures/{digest}/withdrawals": {"post": {
  "operationId": "withdrawErasure", "tags": ["officers"], "summary": "Withdraw a proposed erasure",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "parameters": [{"name": "digest", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Code"}}],
  "responses": {
    "201": {"description": "Withdrawn.", "content": {"application/json": {"schema": {"type": "object"}}}},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/jobs/{id}": {"get": {
  "operationId": "getJob", "tags": ["officers"], "summary": "How far a job is",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Code"}}],
  "responses": {
    "200": {"description": "State, progress and, when it failed, why. Never a count.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/releases/{id}/vetoes": {"post": {
  "operationId": "vetoRelease", "tags": ["officers"], "summary": "Withhold a release under embargo",
  "description": "Its budget stays spent.",
  "security": [{"clientCertificate": []}, {"signIn": []}],
  "parameters": [{"$ref": "#/components/parameters/ReleaseId"}],
  "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Veto"}}}},
  "responses": {
    "201": {"description": "Withheld.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Withheld"}}}},
    "400": {"$ref": "#/components/responses/Invalid"},
    "403": {"$ref": "#/components/responses/Forbidden"},
    "404": {"$ref": "#/components/responses/NotFound"},
    "409": {"$ref": "#/components/responses/Conflict"}}}},
"/v1/budget": {"get": {
  "operationId": "getBudget", "tags": ["officers"], "summary": "What was spent of each year's budget",
  "responses": {
    "200": {"description": "Per population and school year: cap, spent, reserved.",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Budget"}}}}}}},
"/v1/log/checkpoint": {"get": {
  "operationId": "getCheckpoint", "tags": ["log"], "summary": "The log's latest signed checkpoint",
  "responses": {"200": {"description": "A C2SP checkpoint.", "content": {"text/plain": {"schema": {"type": "string"}}}}}}},
"/v1/log/tile/{path...}": {"get": {
  "operationId": "getLogTile", "tags": ["log"], "summary": "A tile of hashes or a bundle of entries (c2sp.org/tlog-tiles)",
  "parameters": [{"name": "path...", "in": "path", "required": true, "schema": {"type": "string"}}],
  "responses": {
    "200": {"description": "The tile. Its bytes never change.", "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/log/leaves": {"get": {
  "operationId": "getLeaves", "tags": ["log"], "summary": "Leaves of the log",
  "parameters": [
    {"name": "from", "in": "query", "required": false, "schema": {"type": "integer", "minimum": 0}},
    {"name": "to", "in": "query", "required": false, "schema": {"type": "integer", "minimum": 0}}],
  "responses": {
    "200": {"description": "Canonical JSON of each leaf, in order.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Leaves"}}}},
    "400": {"$ref": "#/components/responses/Invalid"}}}},
"/v1/log/proofs/{index}": {"get": {
  "operationId": "getLogProof", "tags": ["log"], "summary": "Inclusion proof of one leaf",
  "parameters": [{"name": "index", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 0}}],
  "responses": {
    "200": {"description": "A C2SP tlog-proof.", "content": {"text/plain": {"schema": {"type": "string"}}}},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/codebooks/{id}": {"get": {
  "operationId": "getCodebook", "tags": ["readers"], "summary": "A codebook by its id",
  "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Code"}}],
  "responses": {
    "200": {"description": "Canonical JSON.", "content": {"application/json": {"schema": {"type": "object"}}}},
    "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/health": {"get": {
  "operationId": "getHealth", "tags": ["log"], "summary": "Whether the service can do its work",
  "responses": {
    "200": {"description": "It can.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}},
    "503": {"$ref": "#/components/responses/Unavailable"}}}}
})json";

}  // namespace polder::server::readers
