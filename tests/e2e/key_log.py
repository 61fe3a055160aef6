"""A log of published token keys, made with Python alone: each key of a tokens.json gets its proof, and members a policy that believes the log."""
import base64
import hashlib
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "polder.example/test"


def _node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(leaves):
    half = 1
    while 2 * half < len(leaves):
        half *= 2
    return leaves[:half], leaves[half:]


def _root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    left, right = _split(leaves)
    return _node(_root(left), _root(right))


def _path(leaves, index):
    if len(leaves) == 1:
        return []
    left, right = _split(leaves)
    if index < len(left):
        return [*_path(left, index), _root(right)]
    return [*_path(right, index - len(left)), _root(left)]


def put_in_log(sheet, policy_file, key=None):
    """Adds `proof` to every key of the sheet; writes the policy. Holders are organisations of their own."""
    key = key or Ed25519PrivateKey.generate()
    b64 = lambda raw: base64.b64encode(raw).decode()
    public = b"\1" + key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    number = hashlib.sha256(f"{ORIGIN}\n".encode() + public).digest()[:4]
    oins = {h["name"]: f"0000000199990000000{n}" for n, h in enumerate(sheet["holders"], start=1)}
    keys = [(d["domain"], k) for d in sheet["domains"] for k in d["keys"]]
    entries = [json.dumps({"kind": "token-key", "state": "published", "domain": d, "holder": k["holder"], "keyId": k["keyId"], "publicKey": k["publicKey"],
                           "oin": oins[k["holder"]]}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() for d, k in keys]
    leaves = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    text = f"{ORIGIN}\n{len(leaves)}\n{b64(_root(leaves))}\n"
    note = f"{text}\n— {ORIGIN} {b64(number + key.sign(text.encode()))}\n"
    for index, ((_, published), entry) in enumerate(zip(keys, entries)):
        path = "".join(b64(hash_) + "\n" for hash_ in _path(leaves, index))
        published["proof"] = f"c2sp.org/tlog-proof@v1\nextra {b64(entry)}\nindex {index}\n{path}\n{note}"
        published["logIndex"] = index
    policy_file.write_text(f"log {ORIGIN}+{number.hex()}+{b64(public)}\nquorum none\n")
    return sheet
