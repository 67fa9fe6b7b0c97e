"""Verify a proof file (docs/formats.md) with nothing of Countersign: `verify_proof.py FILE [KEY]`.

KEY: the log's verifier key as you know it. Without it a file is at best "consistent" (exit code 1).
"""

import base64
import json
import re
import struct
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS = """channel credential message_id payment_information_id instruction_id end_to_end_id uetr
instructed_amount currency requested_execution_date initiating_party debtor_name debtor_account
debtor_agent debtor_address debtor_identification ultimate_debtor creditor_name creditor_account
creditor_agent intermediary_agents creditor_address creditor_identification ultimate_creditor
service_level local_instrument instruction_priority category_purpose purpose_code charge_bearer
remittance_information""".split()
SIDES = {"debtor": [*FIELDS[:17], *FIELDS[24:]], "creditor": FIELDS[17:24]}
ACTIONS = dict(enumerate(["release", "challenge", "approve", "hold", "block"], 1))
STATUSES = dict(enumerate("""draft ordered challenged attested signed pending_approval held released
    dispatched settled rejected cancelled expired returned recalled""".split(), 1))
KINDS = """1 open_account 2 fund 3 correct 4 reverse 10 order 11 cancel 12 hold 13 release 14 reject
    15 dispatch 16 rail_status 17 return 20 freeze 21 unfreeze 30 set_credential 31 set_policy"""
KINDS = dict(zip(map(int, KINDS.split()[::2]), KINDS.split()[1::2], strict=True)) | {40: "tick"}
NAME = re.compile(r"[^\s+\x00-\x1f]+")
BAD_KEY = "the verifier key is not NAME+ID+KEY as the owner of the log gives it"
HEADS = {b"countersign/leaf/v1/order": ">QQBBIH", b"countersign/leaf/v1/command": ">QQBQH"}
SIZE, INTEGER, HASH, SALT = range(2**63), range(-(2**63), 2**63), range(32, 33), range(16, 17)
FIELD, PATH = {"name": str, "salt": str, "value": (str, INTEGER, None)}, [str, range(129)]
PARTS = {"disclosed": [FIELD, range(65)], "withheld": [{"name": str, "leaf": str}, range(65)]}
EVENT = {"shown": dict, "leaf": str, "index": SIZE, "path": PATH}
ORDER = {"table": str, "version": SIZE, "digest": str, "fields": (PARTS, None)}
SHAPE = {"format": str, "version": SIZE, "instance": {"id": str, "name": str}, "order": ORDER}
SHAPE |= {"checkpoint_key": str, "checkpoint": str, "events": [EVENT, range(1, 1001)]}
SHAPE |= {"older": ({"checkpoint": str, "path": PATH}, None)}


def need(holds, code="a part of it is not as it is issued"):
    if not holds:
        raise ValueError(code)


def fits(value, shape):
    """Whether a value has a shape: a type, a range, one of a tuple, a list or object of shapes."""
    if isinstance(shape, tuple):
        return any(fits(value, one) for one in shape)
    if isinstance(shape, list) and type(value) is list:
        return len(value) in shape[1] and all(fits(one, shape[0]) for one in value)
    if isinstance(shape, dict) and type(value) is dict:
        return set(value) == set(shape) and all(fits(value[name], shape[name]) for name in shape)
    if isinstance(shape, range) or shape is None:
        return value is None if shape is None else type(value) is int and value in shape
    return type(value) is shape and len(value) <= 65_536


def unbase64(text, lengths=SIZE):
    data = base64.b64decode(text, validate=True)
    need(base64.b64encode(data).decode() == text and len(data) in lengths)
    return data


def open_checkpoint(note, key):
    """Give name, size and root of a note that the log signed; the key's name is the log's."""
    name, key_id, encoded = [*key.split("+", 2), "", ""][:3]
    key = base64.b64decode(encoded) if re.fullmatch(r"[A-Za-z0-9+/]{44}", encoded) else b""
    need((key[:1], key_id) == (b"\1", sha256(name.encode() + b"\n" + key).hexdigest()[:8]), BAD_KEY)
    text, gap, signatures = note.rpartition("\n\n")
    need(gap and signatures.endswith("\n") and len(note.encode()) <= 65536 and NAME.fullmatch(name))
    need(all(c >= " " or c == "\n" for c in text) and signatures.count("\n") <= 16)
    ours = []
    for line in signatures.removesuffix("\n").split("\n"):
        signer, _, encoded = line.removeprefix("\u2014 ").partition(" ")
        need(line.startswith("\u2014 ") and NAME.fullmatch(signer) and len(unbase64(encoded)) > 4)
        ours += [unbase64(encoded)[4:]] * ((signer, unbase64(encoded)[:4].hex()) == (name, key_id))
    need(ours, "wrong_signature")
    for signature in ours:
        Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature, f"{text}\n".encode())
    log, size, root, *more = text.split("\n")
    need(log == name and all(more) and str(int(size)) == size and int(size) in SIZE)
    return name, int(size), unbase64(root, HASH)


def read_leaf(data):
    """Give what a leaf shows, its digest, and the transfer that a command belongs to."""
    tag, _, data = data.partition(b"\0")
    number, at_ms, code, *more, length = (head := struct.Struct(HEADS[tag])).unpack_from(data)
    need(len(data) == (end := head.size + 32) + length + 32)
    said = data[end : end + length].decode()
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    shown = {"number": number, "at": at.isoformat(timespec="milliseconds")[:-6] + "Z"}
    if tag.endswith(b"order"):
        shown |= {"kind": "order", "action": ACTIONS[code], "outcome": STATUSES[more[0]]}
        shown |= {"policy": more[1], "reasons": said.split(",") if said else []}
    else:
        shown |= {"kind": KINDS[code], "transfer": more[0], "outcome": said}
    return shown, data[end - 32 : end], shown.get("transfer")


def climb(nodes, number, last):
    """Join a path from its lowest node up; the roots of the older and of the newer tree."""
    older = newer = nodes[0]
    for node in nodes[1:]:
        while number == last > 0 and not number & 1:
            number, last = number >> 1, last >> 1
        if last == 0:
            return None, None
        older = sha256(b"\1" + node + older).digest() if number & 1 else older
        newer = sha256(b"\1" + (node + newer if number & 1 else newer + node)).digest()
        number, last = number >> 1, last >> 1
    return (older, newer) if last == 0 else (None, None)


def verify_events(events, digest, size, root):
    story = []
    for event in events:
        data, index = unbase64(event["leaf"]), event["index"]
        shown, *of = read_leaf(data)
        need(of == [digest, story[0]["number"] if story else None], "wrong_story")
        need((story[-1]["number"] if story else -1) < shown["number"] == index, "wrong_story")
        nodes = [sha256(b"\0" + data).digest(), *(unbase64(one, HASH) for one in event["path"])]
        need(index < size and climb(nodes, index, size - 1)[1] == root, "not_in_log")
        same = json.dumps(event["shown"], sort_keys=True) == json.dumps(shown, sort_keys=True)
        need(same, "shown_differs")
        story.append(shown)
    return story


def verify_fields(fields, instance, digest):
    """Hold the digest against both sides, the disclosed fields committed to again; give those."""
    shown, kept, domain = *map(fields.get, PARTS), b"countersign/order/v1\0" + instance
    hashes = {one["name"]: unbase64(one["leaf"], HASH) for one in kept}
    names = [name for side in SIDES for name in ([side] if side in hashes else SIDES[side])]
    need(sorted(one["name"] for one in shown + kept) == sorted(names), "wrong_fields")
    for one in shown:
        value, start = one["value"], b"\0" + domain + struct.pack(">H", FIELDS.index(one["name"]))
        data = b"\0" if value is None else struct.pack(">BIq", 2, 8, value) if type(value) is int \
            else struct.pack(">BI", 1, len(value.encode())) + value.encode()  # fmt: skip
        hashes[one["name"]] = sha256(start + unbase64(one["salt"], SALT) + data).digest()
    for number, (side, names) in enumerate(SIDES.items()):
        head, leaves = struct.pack(">HH", number, len(names)), [hashes.get(n, b"") for n in names]
        hashes.setdefault(side, sha256(b"\1" + domain + head + b"".join(leaves)).digest())
    root = b"\2" + domain + struct.pack(">H", len(SIDES)) + b"".join(map(hashes.get, SIDES))
    need(sha256(root).digest() == digest, "wrong_fields")
    return {one["name"]: one["value"] for one in shown}


def verify(file, trusted):
    need(len(file) <= 16 * 1024 * 1024, "too_large")
    unique = lambda pairs: need(len(dict(pairs)) == len(pairs)) or dict(pairs)
    proof = json.loads(file.decode(), object_pairs_hook=unique)
    need(isinstance(proof, dict) and json.dumps(proof, ensure_ascii=False).encode())  # Has bytes.
    need((proof.get("format"), proof.get("version")) == ("countersign-proof", 1), "unknown_format")
    need(fits(proof, SHAPE))
    order, older, key = proof["order"], proof["older"], trusted or proof["checkpoint_key"]
    need((order["table"], order["version"]) == ("order", 1), "unknown_format")
    name, size, root = open_checkpoint(proof["checkpoint"], key)
    need(proof["instance"]["name"] == name, "shown_differs")
    digest, instance = unbase64(order["digest"], HASH), unbase64(proof["instance"]["id"], SALT)
    story = verify_events(proof["events"], digest, size, root)
    fields = verify_fields(order["fields"], instance, digest) if order["fields"] else {}
    if older:
        _, size1, root1 = open_checkpoint(older["checkpoint"], key)
        span = size1 & -size1  # The size of the older log's last whole tree, where a path begins.
        nodes = [root1] * (size1 == span) + [unbase64(one, HASH) for one in older["path"]]
        need(nodes and 0 < size1 < size, "not_consistent")
        need(climb(nodes, size1 // span - 1, (size - 1) // span) == (root1, root), "not_consistent")
    said = ("verified", "yours") if trusted else ("consistent", "of the file")
    told = {"verdict": said[0], "key": said[1], "log": name, "transfer": story[0]["number"]}
    return told | {"status": story[-1]["outcome"], "size": size, "fields": fields, "events": story}


def main(file, key=None):
    try:
        said = verify(Path(file).read_bytes(), key)
    except OSError as e:
        said = {"code": "proof.unreadable_file", "why": f"{file} cannot be read: {e.strerror}"}
    except InvalidSignature:
        said = {"code": "proof.wrong_signature"}
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, struct.error) as e:
        code = "proof." + (str(e) if str(e).isidentifier() else "malformed")
        code = "audit.malformed_verifier_key" if key and str(e) == BAD_KEY else code
        said = {"code": code, "why": f"{file} cannot be verified: {e}"}
    try:
        print(json.dumps({"verdict": "refused"} | said, indent=1, ensure_ascii=False), flush=True)
    except BrokenPipeError:
        sys.stdout = None  # Whoever read it has seen enough: what is left is not written.
    return said.get("verdict") != "verified"


if __name__ == "__main__":
    is_help = sys.argv[1:] in (["-h"], ["--help"])
    if is_help or len(sys.argv) not in (2, 3):
        sys.exit(print(__doc__, file=sys.stdout if is_help else sys.stderr) or 2 * (not is_help))
    sys.exit(main(*sys.argv[1:]))
