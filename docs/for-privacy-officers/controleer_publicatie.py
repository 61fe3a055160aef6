#!/usr/bin/env python3
"""Controleert een publicatie van Polder zonder programma's van Polder: alleen Python en `cryptography`.

    controleer_publicatie.py RELEASE.json --proof BEWIJS --log-policy LOGBOEK [--note HANDTEKENING] [--earlier MAP]

Afsluitcode: 0 ja, 1 nee, 2 verkeerd gebruik, 3 een bestand is niet te lezen. Wat het nagaat, en wat niet, staat in
controleren.md. Bronnen: RFC 8785, RFC 9162; c2sp.org: signed-note, tlog-checkpoint, -cosignature, -policy en -proof.
"""
import argparse, base64, hashlib, itertools, json, pathlib, re, sys
from fractions import Fraction

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def eis(voorwaarde, reden):
    if not voorwaarde:
        raise ValueError(reden)


def b64(tekst, lengte=None):
    data = base64.b64decode(tekst, validate=True)
    eis(base64.b64encode(data).decode() == tekst and lengte in (None, len(data)), "base64 die geen enkele schrijfwijze heeft")
    return data


def getal(tekst):
    eis(re.fullmatch(r"0|[1-9][0-9]{0,18}", tekst) and int(tekst) < 2**63, "geen getal: " + tekst[:40])
    return int(tekst)


def sleutel(tekst, soort):
    naam, kenmerk, ruw = tekst.split("+", 2)
    ruw = b64(ruw, 33)
    eis(naam and not re.search(r"[\s\x00-\x20\x7f]", naam) and ruw[0] == soort, "geen sleutel van deze soort: " + naam)
    eis(hashlib.sha256(naam.encode() + b"\n" + ruw).hexdigest()[:8] == kenmerk, "het kenmerk past niet bij de sleutel van " + naam)
    return naam, kenmerk, soort, ruw[1:]


def open_note(note, bekend):
    """De tekst, en welke bekende sleutels haar ondertekenden. Een bekende handtekening die niet klopt, is nee."""
    tekst, _, staart = note.rpartition("\n\n")
    regels, getekend = staart.split("\n"), set()
    eis(tekst and len(note.encode()) <= 1 << 20 and not re.search(r"[\x00-\x09\x0b-\x1f]", note), "geen ondertekende tekst")
    eis(regels.pop() == "" and 1 <= len(regels) <= 100, "geen handtekeningen onder de tekst")
    for deel in [re.fullmatch(r"\u2014 ([^\s+\x7f]+) (\S+)", regel) for regel in regels]:
        eis(deel and len(b64(deel[2])) >= 5, "een onleesbare handtekening")
        kenmerk, handtekening = b64(deel[2])[:4].hex(), b64(deel[2])[4:]
        for wie in [s for s in bekend if s[:2] == (deel[1], kenmerk)]:
            bericht = (tekst + "\n").encode()
            if wie[2] == 4:  # een getuige ondertekent ook wanneer zij het zag
                eis(len(handtekening) == 72 and handtekening[0] < 128, "een onleesbare handtekening van een getuige")
                tijd, handtekening = int.from_bytes(handtekening[:8], "big"), handtekening[8:]
                bericht = b"cosignature/v1\ntime %d\n" % tijd + bericht
            eis(wie[:2] not in getekend, "een handtekening staat er twee keer")
            Ed25519PublicKey.from_public_bytes(wie[3]).verify(handtekening, bericht)
            getekend.add(wie[:2])
    eis(getekend, "geen bekende sleutel ondertekende dit")
    return tekst + "\n", getekend


def lees_beleid(tekst):
    """Logboeken, getuigen, en het quorum als functie van wie meetekende."""
    logs, getuigen, wie, gebruikt, quorum = [], [], {}, [], []
    for regel in tekst.split("\n"):
        eis(not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", regel), "een stuurteken in het logboekbeleid")
        soort, *rest = re.findall(r"[^ \t]+", regel) or ["#"]
        nieuw = bool(rest) and rest[0] not in wie and rest[0] != "none"
        if soort == "log" and len(rest) in (1, 2):
            logs.append(sleutel(rest[0], 1))
        elif soort == "witness" and len(rest) in (2, 3) and nieuw:
            getuigen.append(sleutel(rest[1], 4))
            wie[rest[0]] = lambda gezien, s=getuigen[-1][:2]: s in gezien
        elif soort == "group" and len(rest) >= 3 and nieuw and all(n in wie for n in rest[2:]):
            nodig = {"all": len(rest) - 2, "any": 1}.get(rest[1]) or getal(rest[1])
            gebruikt += rest[2:]
            eis(1 <= nodig <= len(rest) - 2 and len(set(gebruikt)) == len(gebruikt), "een groep die niet kan: " + rest[0])
            wie[rest[0]] = lambda gezien, leden=rest[2:], k=nodig: sum(wie[n](gezien) for n in leden) >= k
        elif soort == "quorum" and len(rest) == 1 and not quorum and (rest[0] == "none" or rest[0] in wie):
            quorum.append(wie.get(rest[0], lambda gezien: True))
        else:
            eis(soort.startswith("#"), "een onleesbare regel in het logboekbeleid: " + regel[:60])
    enkel = all(len({s[3] for s in lijst}) == len(lijst) for lijst in (logs, getuigen))
    eis(quorum and enkel, "het logboekbeleid noemt geen quorum, of een sleutel twee keer")
    return logs, getuigen, quorum[0]


def vertrouwd_checkpoint(note, logs, getuigen, quorum):
    tekst, getekend = open_note(note, logs + getuigen)
    naam, omvang, root, *rest = tekst.split("\n")
    eis(naam and all(rest[:-1]), "de ondertekende tekst is geen checkpoint")
    eis(any(s[0] == naam and s[:2] in getekend for s in logs), "geen vertrouwd logboek ondertekende dit onder zijn eigen naam")
    eis(quorum(getekend), "te weinig getuigen tekenden mee")
    return getal(omvang), b64(root, 32)


def lees_bewijs(tekst):
    kop, _, note = tekst.partition("\n\n")
    soort, extra, index, *pad = kop.split("\n")
    eis(soort == "c2sp.org/tlog-proof@v1" and note and len(pad) <= 63, "geen bewijs")
    eis(extra[:6] == "extra " and extra[6:] and index[:6] == "index ", "geen bewijs met zijn regel uit het logboek")
    return b64(extra[6:]), getal(index[6:]), [b64(r, 32) for r in pad], note


def wortel(blad, index, omvang, pad):
    """De wortel die uit blad en pad volgt (RFC 9162 §2.1.3.2)."""
    eis(index < omvang, "het logboek is kleiner dan de plaats in het bewijs")
    f, s, r = index, omvang - 1, hashlib.sha256(b"\0" + blad).digest()
    for p in pad:
        eis(s > 0, "het pad in het bewijs is te lang")
        links = f & 1 or f == s
        r = hashlib.sha256(b"\1" + (p + r if links else r + p)).digest()
        while links and f and not f & 1:
            f, s = f >> 1, s >> 1
        f, s = f >> 1, s >> 1
    eis(s == 0, "het pad in het bewijs is te kort")
    return r


def lees_publicatie(data):
    def geordend(paren):
        eis(len(dict(paren)) == len(paren), "een naam staat twee keer in het document")
        return dict(sorted(paren, key=lambda paar: paar[0].encode("utf-16-be")))
    doc = json.loads(data.decode(), object_pairs_hook=geordend)
    canoniek = json.dumps(doc, ensure_ascii=False, separators=(",", ":")).encode()
    eis(canoniek == data and doc["format"] == "polder-release-1", "geen publicatie in canonieke vorm")
    for maat in doc["measures"]:
        codes = {d["name"]: d["codes"] for d in maat["dimensions"]}
        delen = {(d["name"], d["groupedBy"]): d["groups"] for d in maat["dimensions"] if d.keys() & {"groups", "groupedBy"}}
        eis({*delen} == {("municipality", "sizeClass")} or not delen and "sizeClass" not in codes, "grootteklassen delen gemeenten in, en niets anders")
        groep, (gemeenten, klassen) = sum(delen.values(), []), (codes.get(naam, []) for naam in ("municipality", "sizeClass"))
        eis(not delen or len(groep) == len(gemeenten) and {*groep} == {*range(len(klassen))}, "niet elke gemeente heeft een groep")
        controleer_maat(codes, {gemeente: klassen[i] for gemeente, i in zip(gemeenten, groep)}, maat["tables"])
    return doc["header"]


def controleer_maat(codes, groep, tabellen):
    """Elke tabel is volledig en telt op, en geen verborgen cel volgt uit wat er staat."""
    # Of een cel in de som zit: een gemeente telt mee in haar groep.
    hoort_bij = lambda cel, namen, codes: all(cel.get(n, groep.get(cel.get("municipality"))) == c for n, c in zip(namen, codes))
    namen = lambda tabel: {*tabel["attributes"], *(["sizeClass"] if groep and "municipality" in tabel["attributes"] else [])}
    cellen, nummers, rijen, spil = [cel for tabel in tabellen for cel in tabel["cells"]], itertools.count(), [], {}
    for tabel in tabellen:
        alle = list(itertools.product(*(codes[naam] for naam in tabel["attributes"])))
        eis([tuple(cel["codes"]) for cel in tabel["cells"]] == alle, "een tabel is niet volledig")
        tabel["nummers"] = {c: next(nummers) for c in alle}
    eis(all(("value" in c) == (c["status"] in ("value", "imprecise", "break")) for c in cellen), "een getal en zijn status spreken elkaar tegen")
    for klein, groot in itertools.permutations(tabellen, 2):
        deel = namen(klein) < namen(groot)
        for c, totaal in klein["nummers"].items() if deel else ():
            delen = [n for d, n in groot["nummers"].items() if hoort_bij(dict(zip(groot["attributes"], d)), klein["attributes"], c)]
            rij = {n: Fraction(-1 if n == totaal else 1) for n in [totaal, *delen] if "value" not in cellen[n]}
            rijen += [rij] if rij else []
            eis(rij or cellen[totaal]["value"] == sum(cellen[n]["value"] for n in delen), "een tabel telt niet op")
    for rij in rijen:  # exacte eliminatie: een rij met één onbekende geeft die cel terug
        for cel, andere in spil.items():
            trek_af(rij, andere, rij.get(cel))
        if rij:
            eerste = min(rij)
            rij = {cel: factor / rij[eerste] for cel, factor in rij.items()}
            for andere in spil.values():
                trek_af(andere, rij, andere.get(eerste))
            spil[eerste] = rij
    eis(not any(len(rij) == 1 and cellen[cel]["status"] == "hidden" for cel, rij in spil.items()), "een verborgen cel volgt uit wat er staat")


def trek_af(rij, andere, keer):
    for cel in andere if keer else ():
        rij[cel] = rij.get(cel, 0) - keer * andere[cel]
        rij[cel] or rij.pop(cel)


def controleer(vraag):
    lees = lambda pad: pathlib.Path(pad).read_bytes()
    data, bewijs, beleid = lees(vraag.release), lees(vraag.proof).decode(), lees_beleid(lees(vraag.log_policy).decode())
    kop, digest, (blad, index, pad, note) = lees_publicatie(data), hashlib.sha256(data).hexdigest(), lees_bewijs(bewijs)
    omvang, gezien = vertrouwd_checkpoint(note, *beleid)
    eis(wortel(blad, index, omvang, pad) == gezien, "deze regel staat niet op deze plaats in het logboek")
    eis([json.loads(blad)[v] for v in ("kind", "releaseId", "digest")] == ["release", kop["releaseId"], digest], "het logboek spreekt van iets anders")
    tekst = f"polder-release-1\n{kop['releaseId']}\n{digest}\n"
    eis(not vraag.note or open_note(lees(vraag.note).decode(), beleid[0])[0] == tekst, "de handtekening is niet van dit document")
    for pad in sorted(pathlib.Path(vraag.earlier).iterdir()) if vraag.earlier else []:
        ander = lees_publicatie(lees(pad)) if pad.suffix == ".json" and lees(pad) != data else None
        if ander:
            eis(ander["region"] == kop["region"] and ander["releaseId"] != kop["releaseId"], pad.name + ": andere regio, of dezelfde naam")
            getrokken = [{(k["origin"], k["reservationId"]), *k["seedCommitments"]} for k in (kop, ander)]
            eis(getrokken[0].isdisjoint(getrokken[1]), pad.name + ": met dezelfde reservering of hetzelfde startgetal getrokken")
    return f"ja: {kop['releaseId']}, plaats {index} van {omvang} in het logboek"


lezer = argparse.ArgumentParser(description="Controleert een publicatie van Polder.")
for optie, eigen in (("release", {}), ("--proof", {"required": True}), ("--log-policy", {"required": True}), ("--note", {}), ("--earlier", {})):
    lezer.add_argument(optie, **eigen)
try:
    print(controleer(lezer.parse_args()))
except OSError as fout:
    sys.exit(print(f"niet te lezen: {fout.filename}", file=sys.stderr) or 3)
except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError) as fout:
    sys.exit(print(f"nee: {str(fout) or 'een handtekening klopt niet'}", file=sys.stderr) or 1)
