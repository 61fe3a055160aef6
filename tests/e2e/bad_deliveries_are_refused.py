"""Deliveries, made with nothing but Python and stock openssl: the faulty is refused whole, the good is received once."""
import base64
import hashlib
import json
import secrets
import subprocess

from place import SITE, SOURCE, WORK, YEARS, promise


def b64(size):
    return base64.urlsafe_b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()


def digest(path):
    """Of the canonical form (RFC 8785), which for these documents is sorted names and no white space."""
    canonical = json.dumps(json.loads(path.read_text()), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def oin(certificate):
    subject = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-subject", "-nameopt", "multiline"], check=True, capture_output=True, text=True).stdout
    return next(line.split("=")[1].strip() for line in subject.splitlines() if "serialNumber" in line)


def manifest(municipality, period, cases, delivery_id):
    codebook = json.loads((SITE / "codebook.json").read_text())
    return {"format": "polder-delivery-1", "deliveryId": delivery_id, "municipality": municipality, "period": period,
            "codebookId": codebook["id"], "codebookVersion": codebook["version"],
            "recipient": oin(SITE / "keys/recipient.pem"), "codebookDigest": digest(SITE / "codebook.json"),
            "policyDigest": digest(SOURCE / "policies/data/policies/default.json"),
            "tokenDomain": f"{codebook['region']['code'] if isinstance(codebook['region'], dict) else codebook['region']}/absence/{period[:6]}",
            "sourceSystem": "test", "mappingId": "none", "replaces": "", "conversion": False, "cases": len(cases)}


def good_case(week):
    return {"caseKey": b64(16), "pupil": b64(32), "kind": "R16", "opened": week, "closed": None, "ageBand": "12-15", "level": "vo",
            "group": "none", "openedBy": "school", "outcome": "returned", "duration": "0-4w", "repeat": False}


def faulty_cases(week):
    """Forty lines, each with one fault of its own; returns the cases and the field each fault is in."""
    faults = [("bsn", "900000012"), ("onderwijsnummer", "900000024"), ("name", "Jan"), ("initials", "J."), ("birthDate", "2010-01-02"),
              ("address", "Dorpsstraat 1"), ("postcode", "7701AA"), ("school", "De Brug"), ("brin", "00AA"), ("class", "2b"),
              ("parent", "P."), ("email", "a@b.nl"), ("phone", "0612345678"), ("nationality", "NL"), ("birthCountry", "NL"),
              ("religion", "none"), ("diagnosis", "x"), ("notes", "free text"), ("officer", "X"), ("colour", "blue"),
              ("caseKey", "short"), ("pupil", "short"), ("kind", "XX"), ("kind", "VSVN"), ("kind", 7), ("opened", "2024-W99"), ("opened", "2031-W02"),
              ("opened", "vandaag"), ("opened", None), ("closed", "2001-W01"), ("closed", 5), ("ageBand", "3-4"), ("level", "hbo"), ("group", "x"),
              ("openedBy", "dog"), ("outcome", "gone"), ("duration", "long"), ("repeat", "yes"), ("repeat", None), ("ageBand", None)]
    cases = []
    for field, value in faults:
        case = good_case(week)
        case[field] = value
        cases.append(case)
    return cases, [field for field, _ in faults]


def envelope(lines, member, signer="signer"):
    folder = WORK / "batch"
    folder.mkdir(exist_ok=True)
    (folder / "plain").write_text("\n".join(json.dumps(l, ensure_ascii=False, separators=(",", ":")) for l in lines) + "\n")
    run = lambda *a: subprocess.run(["openssl", "cms", *map(str, a)], check=True, capture_output=True)
    run("-sign", "-binary", "-nodetach", "-md", "sha256", "-in", folder / "plain", "-signer", member / f"{signer}.pem", "-inkey",
        member / f"{signer}.key", "-outform", "DER", "-out", folder / "signed")
    run("-encrypt", "-binary", "-aes-256-gcm", "-in", folder / "signed", "-outform", "DER", "-out", folder / "sealed", "-recip",
        SITE / "keys/recipient.pem", "-keyopt", "ecdh_kdf_md:sha256", "-aes256-wrap")
    (folder / "plain").unlink()
    return (folder / "sealed").read_bytes()


def check_bad_batch(service, municipality):
    member = SITE / "members" / municipality
    period, week = f"{int(YEARS[-1][:4]) + 1}SJ-Q1", f"{int(YEARS[-1][:4]) + 1}-W37"
    kind = "application/pkcs7-mime; smime-type=authEnveloped-data"
    cases, fields = faulty_cases(week)
    bad = envelope([manifest(municipality, period, cases, "batch-bad"), *cases], member)
    status, body, headers = service.send("/v1/deliveries", bad, kind, member)
    answer = json.loads(body)
    found = {(e.get("line"), e.get("pointer", "").strip("/").split("/")[0]) for e in answer.get("errors", [])}
    expected = {(line, field) for line, field in enumerate(fields, start=2)}
    promise("a batch with 40 different faults comes back once with all 40 by line and field",
            status == 400 and expected <= found and headers.get("Content-Type", "").startswith("application/problem+json"),
            f"{status}, {len(expected & found)} of {len(expected)}, missing {sorted(expected - found)[:4]}")
    leaked = [v for f, v in (("bsn", b"900000012"), ("name", b"Jan"), ("pupil", cases[0]["pupil"].encode())) if v in body]
    promise("the answer quotes no identifier and no token", not leaked, str(leaked))
    before = service.send("/v1/log/checkpoint")[1]
    for field, value, code in (("recipient", "0" * 20, "other-recipient"), ("codebookDigest", "0" * 64, "other-codebook-content"),
                               ("policyDigest", "0" * 64, "other-policy")):
        status, body, _ = service.send("/v1/deliveries", envelope([{**manifest(municipality, period, [], "batch-other"), field: value}], member), kind, member)
        promise(f"a delivery made for another {field} is refused as {code}", status == 400 and [e["code"] for e in json.loads(body)["errors"]] == [code], f"{status} {body[:200]!r}")
    status, body, _ = service.send("/v1/deliveries", envelope([manifest(municipality, period, [], "batch-other")], member, "certificate"), kind, member)
    promise("a certificate for connecting does not sign", status == 403 and b"unknown-signer" in body, f"{status} {body[:200]!r}")
    good = [good_case(week) for _ in range(40)]
    fixed = envelope([manifest(municipality, period, good, "batch-fixed"), *good], member)
    status, receipt, _ = service.send("/v1/deliveries", fixed, kind, member)
    promise("nothing of the bad batch was stored: the fixed one is the first of its period", status == 201, f"{status} {receipt[:200]!r}")
    promise("a delivery is a leaf of the log", service.send("/v1/log/checkpoint")[1] != before)
    again = service.send("/v1/deliveries", fixed, kind, member)
    promise("identical bytes again give the same receipt", again[0] == 200 and again[1] == receipt, str(again[0]))
    other = SITE / "members" / next(p.name for p in sorted((SITE / "members").iterdir()) if p.name != municipality)
    promise("another municipality's certificate cannot deliver it", service.send("/v1/deliveries", envelope(
        [manifest(municipality, period, good, "batch-other"), *good], other), kind, other)[0] in (400, 403))
    promise("it delivers its own", service.send("/v1/deliveries", envelope(
        [manifest(other.name, period, good, "batch-own"), *good], other), kind, other)[0] == 201)
    promise("without a certificate nobody delivers", service.send("/v1/deliveries", fixed, kind)[0] == 403)
