"""The published test vectors: they are current, and code that shares nothing with ours meets them.

What is checked here is written from docs/digest.md and docs/formats.md alone.
"""

import base64
import json
import runpy
import struct
from hashlib import sha256, shake_128
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tests.support.proof_script import SCRIPT

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "docs" / "vectors"
unhex = bytes.fromhex


def read(name: str) -> dict[str, Any]:
    vectors: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return vectors


def test_the_published_vectors_are_current() -> None:
    texts = runpy.run_path(str(ROOT / "tools" / "make_vectors.py"))["texts"]()
    assert texts == {path.name: path.read_text() for path in VECTORS.iterdir()}


def test_salts() -> None:
    vectors = read("digest.json")
    for side in ("debtor", "creditor"):
        seed = unhex(vectors[f"{side}_seed"])
        stream = shake_128(b"countersign/salt/v1\0" + seed).hexdigest(16 * 31)
        assert stream == "".join(vectors[f"{side}_salts"])


def encoded(value: object) -> bytes:
    if value is None:
        return b"\x00"
    if isinstance(value, int):
        return b"\x02" + (8).to_bytes(4, "big") + value.to_bytes(8, "big", signed=True)
    raw = str(value).encode()
    return b"\x01" + len(raw).to_bytes(4, "big") + raw


def test_digests() -> None:
    vectors = read("digest.json")
    domain = b"countersign/order/v1\0" + unhex(vectors["instance"])
    for order in vectors["orders"]:
        sides = {"debtor": b"", "creditor": b""}
        for number, field in enumerate(order["fields"]):
            assert field["number"] == number
            salt = unhex(vectors[f"{field['side']}_salts"][number])
            committed = domain + number.to_bytes(2, "big") + salt + encoded(field["value"])
            leaf = sha256(b"\0" + committed).digest()
            assert leaf.hex() == field["leaf"]
            sides[field["side"]] += leaf
        roots = b""
        for number, (side, leaves) in enumerate(sides.items()):
            count = len(leaves) // 32
            head = domain + number.to_bytes(2, "big") + count.to_bytes(2, "big")
            root = sha256(b"\1" + head + leaves).digest()
            assert root.hex() == order["sides"][side]
            roots += root
        digest = sha256(b"\2" + domain + len(sides).to_bytes(2, "big") + roots)
        assert digest.hexdigest() == order["digest"]


def test_the_script_agrees_on_fields_and_leaves() -> None:
    """With none withheld, each field in turn, each side, and everything."""
    script = runpy.run_path(str(SCRIPT))
    vectors = read("digest.json")
    order = vectors["orders"][1]
    assert [field["name"] for field in order["fields"]] == script["FIELDS"]
    names = [field["name"] for field in order["fields"]]
    of_side = {
        side: [field["name"] for field in order["fields"] if field["side"] == side]
        for side in order["sides"]
    }
    for hidden in ([], *([name] for name in names), *of_side.values(), names):
        whole = [side for side, members in of_side.items() if set(members) <= set(hidden)]
        shown = [
            {"name": f["name"], "value": f["value"], "salt": _salt(vectors, f)}
            for f in order["fields"]
            if f["name"] not in hidden
        ]
        kept = [
            {"name": f["name"], "leaf": _base64(f["leaf"])}
            for f in order["fields"]
            if f["name"] in hidden and f["side"] not in whole
        ]
        kept += [{"name": side, "leaf": _base64(order["sides"][side])} for side in whole]
        fields = {"disclosed": shown, "withheld": kept}
        script["verify_fields"](fields, unhex(vectors["instance"]), unhex(order["digest"]))
    for leaf in read("leaf.json")["leaves"]:
        shown_in_leaf, digest, _ = script["read_leaf"](unhex(leaf["leaf"]))
        assert shown_in_leaf == leaf["shown"]
        assert digest.hex() == leaf["row"]["digest"]


def _salt(vectors: dict[str, Any], field: dict[str, Any]) -> str:
    return _base64(vectors[f"{field['side']}_salts"][field["number"]])


def _base64(text: str) -> str:
    return base64.b64encode(unhex(text)).decode()


def prefixed(text: str) -> bytes:
    raw = unhex(text)
    return len(raw).to_bytes(4, "big") + raw


def leaf_data(row: dict[str, Any], at_ms: int) -> bytes:
    if "status" in row:
        withheld = (
            b"countersign/withheld/v1/order\0"
            + struct.pack(
                ">IQQqi",
                *(row[n] for n in ("credential", "debtor", "creditor", "amount", "execution_day")),
            )
            + unhex(row["key"] + row["mac"] + row["creditor_index"])
            + row["currency"].encode()
            + prefixed(row["evidence"])
            + prefixed(row["facts"])
            + prefixed(str(row["alerts"]).encode().hex())
            + prefixed(row["debtor_side"])
            + prefixed(row["creditor_side"])
        )
        reasons = str(row["reasons"]).encode()
        numbers = (row["number"], at_ms, row["action"], row["status"], row["policy"], len(reasons))
        start = b"countersign/leaf/v1/order\0" + struct.pack(">QQBBIH", *numbers)
        return start + unhex(row["digest"]) + reasons + sha256(withheld).digest()
    detail, body = unhex(row["detail"]), unhex(row["body"])
    withheld = (
        b"countersign/withheld/v1/command\0"
        + struct.pack(">III", row["credential"], len(detail), len(body))
        + unhex(row["key"] + row["mac"])
        + detail
        + body
    )
    outcome = str(row["outcome"]).encode()
    command = (row["number"], at_ms, row["kind"], row["transfer"], len(outcome))
    start = b"countersign/leaf/v1/command\0" + struct.pack(">QQBQH", *command)
    return start + unhex(row["digest"]) + outcome + sha256(withheld).digest()


def test_leaves_and_root() -> None:
    vectors = read("leaf.json")
    hashes = []
    for leaf in vectors["leaves"]:
        data = leaf_data(leaf["row"], vectors["batch_ms"])
        assert data.hex() == leaf["leaf"]
        hashes.append(sha256(b"\0" + data).digest())
        assert hashes[-1].hex() == leaf["leaf_hash"]
    left, right = (sha256(b"\1" + hashes[n] + hashes[n + 1]).digest() for n in (0, 2))
    assert sha256(b"\1" + left + right).hexdigest() == vectors["root"]
    assert vectors["paths"][0] == [hashes[1].hex(), right.hex()]
    assert vectors["paths"][3] == [hashes[2].hex(), left.hex()]


def test_the_batch_header() -> None:
    batch = read("leaf.json")["batch"]
    header = batch["header"]
    names = ("seq", "term", "kind", "batch_ms", "first_number", "leaves", "prev_term")
    message = (
        b"countersign/batch/v1\0"
        + unhex(batch["instance"])
        + struct.pack(">QQBQQIQ", *(header[name] for name in names))
        + unhex(header["prev_root"] + header["root"] + header["state_hash"])
    )
    assert message.hex() == batch["signed_bytes"]
    gate = Ed25519PublicKey.from_public_bytes(unhex(batch["public_key"]))
    gate.verify(unhex(header["signature"]), message)
    assert header["prev_root"] == sha256().hexdigest()
    state_hash = sha256(bytes(32) + unhex(header["root"])).hexdigest()
    assert header["state_hash"] == state_hash


def test_the_checkpoint() -> None:
    vectors = read("leaf.json")
    script = runpy.run_path(str(SCRIPT))
    checkpoint = vectors["checkpoint"]
    name, size, root = script["open_checkpoint"](checkpoint["note"], checkpoint["verifier_key"])
    assert (name, size, root.hex()) == ("bank.example/countersign", 4, vectors["root"])


def test_the_documented_field_table_is_ours() -> None:
    from countersign.transfers.order import ORDER_TABLE  # noqa: PLC0415
    from countersign.vault.classes import class_of  # noqa: PLC0415

    lines = [line.split(" | ") for line in (ROOT / "docs/digest.md").read_text().split("\n")]
    table = [(row[1].strip("`"), row[3], row[4].strip(" |")) for row in lines if len(row) == 5]
    assert table[1:] == [
        (field.name, ORDER_TABLE.sides[field.side], class_of(f"order.{field.name}").value)
        for field in ORDER_TABLE.fields
    ]


def test_the_scripts_words_are_ours() -> None:
    """Every number that a leaf may show has the same word in both."""
    from countersign.gate.commands import Kind  # noqa: PLC0415  # The rest shares nothing with us.
    from countersign.transfers.model import Action, Status  # noqa: PLC0415

    script = runpy.run_path(str(SCRIPT))
    for name, ours in (("ACTIONS", Action), ("STATUSES", Status)):
        assert script[name] == {one.value: one.name.lower() for one in ours}
    kinds = {one.value: one.name.lower() for one in Kind}
    # These name no transfer, so they are in no proof.
    others = {"refused_intake", "acknowledge_alert", "close_alert", "reveal", "receive_file"}
    assert script["KINDS"] == {n: word for n, word in kinds.items() if word not in others}
