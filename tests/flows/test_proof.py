"""Proof files: what a good one shows, what stays out of it, and that no changed one passes."""

import ast
import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support import bank as planted
from tests.support.bank import Bank
from tests.support.proof_script import SCRIPT, run_script, script_verdict, script_verdicts

from countersign.audit.checkpoint import Verifier, add_signature, sign_note
from countersign.flows import proof_file
from countersign.flows.export_proof import (
    NoSuchCheckpoint,
    NotPublishedYet,
    UnknownOrderField,
    export_proof,
)
from countersign.flows.verify_proof import verify_proof
from countersign.gate import commands
from countersign.gate.intake import SealedOrder
from countersign.gate.journal.reading import NoSuchTransfer
from countersign.kernel.digest import OpenSide
from countersign.kernel.refusal import Refusal
from countersign.transfers.order import CREDITOR_FIELDS, ORDER_TABLE
from countersign.vault.classes import DataClass, class_of
from countersign.vault.errors import CannotOpen, SubjectErased

PLANTED = (
    planted.DEBTOR_IBAN,
    planted.CREDITOR_IBAN,
    planted.CREDITOR_NAME,
    planted.DEBTOR_NAME,
    planted.REMITTANCE,
    "Planted",
    "E2E-1",
)
RESTRICTED = {
    field.name
    for field in ORDER_TABLE.fields
    if class_of(f"order.{field.name}") == DataClass.RESTRICTED
}

Parts = dict[str, Any]


def export(bank: Bank, transfer: int, **options: Any) -> bytes:
    return export_proof(bank.app, intake=bank.intake, log=bank.log, transfer=transfer, **options)


def code_of(file: bytes, trusted: Verifier | None) -> str:
    """The verdict as a code; empty when the file is verified."""
    try:
        verify_proof(file, trusted)
    except Refusal as refusal:
        return refusal.code
    return ""


@pytest.fixture
def story(bank: Bank) -> int:
    """A transfer with a full life and a published checkpoint over it, and an older one."""
    bank.place(bank.order(instructed_amount=1, creditor_account="OTHR::X1"))
    bank.checkpoint()
    number = bank.a_story()
    bank.many(270)
    bank.checkpoint()
    return number


@pytest.fixture
def file(bank: Bank, story: int) -> bytes:
    return export(bank, story, disclose=["creditor_name"], older_size=_older(bank))


def _older(bank: Bank) -> int:
    size: int = bank.app.execute("SELECT min(size) FROM audit.checkpoint").fetchall()[0][0]
    return size


def test_a_proof_tells_the_whole_story(bank: Bank, story: int, file: bytes) -> None:
    proof = verify_proof(file, bank.log)
    state = bank.gate.engine.state
    assert proof.is_key_trusted
    assert (proof.log, proof.size, proof.transfer) == (planted.ORIGIN, state.log.size, story)
    assert (proof.status, proof.older_size) == ("settled", _older(bank))
    assert [event["kind"] for event in proof.events] == [
        "order",
        "release",
        "dispatch",
        "rail_status",
    ]
    assert proof.events[0] == {
        "kind": "order",
        "number": story,
        "at": "2027-01-15T08:00:00.000Z",
        "action": "hold",
        "outcome": "held",
        "policy": 1,
        "reasons": ["rules.new_creditor"],
    }
    assert proof.fields["creditor_name"] == planted.CREDITOR_NAME
    assert proof.fields["instructed_amount"] == 50_000_000
    assert proof.fields["service_level"] is None
    assert set(proof.withheld) == RESTRICTED - {"creditor_name"}


def test_restricted_fields_leave_only_when_named(bank: Bank, story: int) -> None:
    file = export(bank, story)
    assert set(verify_proof(file, bank.log).withheld) == RESTRICTED
    assert [word for word in PLANTED if word.encode() in file] == []
    named = export(bank, story, disclose=["creditor_account"])
    there = [word for word in PLANTED if word.encode() in named]
    assert there == [planted.CREDITOR_IBAN]
    everything = export(bank, story, disclose=sorted(RESTRICTED))
    assert verify_proof(everything, bank.log).withheld == ()


def test_no_seed_and_no_index_enters_a_proof(bank: Bank, story: int, file: bytes) -> None:
    row = bank.app.execute(
        "SELECT creditor_index, key, mac, debtor_side, creditor_side FROM transfers.transfer"
        " WHERE number = %s",
        [story],
    ).fetchall()[0]
    decoded = json.loads(file)
    leaves = b"".join(proof_file.from_base64(e["leaf"], what="") for e in decoded["events"])
    for secret in row:
        assert secret not in leaves
        assert proof_file.to_base64(secret).encode() not in file
    digest = verify_proof(file, bank.log).digest
    debtor_index = bank.intake.index_of(f"IBAN:{planted.DEBTOR_IBAN}")
    for side in bank.intake.open_sides(SealedOrder(digest, debtor_index, row[0], row[3], row[4])):
        assert isinstance(side, OpenSide)
        assert proof_file.to_base64(side.seed).encode() not in file


def test_without_a_key_a_proof_is_consistent_and_never_verified(
    bank: Bank, file: bytes, tmp_path: Path
) -> None:
    for key, said in ((None, "consistent"), (bank.log, "verified")):
        ours = verify_proof(file, key)
        theirs = script_verdict(tmp_path, file, key.text() if key else None)
        assert ours.verdict == theirs["verdict"] == said
        assert ours.is_key_trusted == (theirs["key"] == "yours")
    path = tmp_path / "proof.json"
    code, output = run_script(path)
    assert (code, json.loads(output)["key"]) == (1, "of the file")


def test_the_script_bears_a_reader_that_has_seen_enough(file: bytes, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    path.write_bytes(file)
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-I", str(SCRIPT), str(path)],
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (1, b"")


def test_the_script_shows_the_same(bank: Bank, file: bytes, tmp_path: Path) -> None:
    ours = verify_proof(file, bank.log)
    verdict = script_verdict(tmp_path, file, bank.log.text())
    assert verdict == {
        "verdict": ours.verdict,
        "key": "yours",
        "log": ours.log,
        "size": ours.size,
        "transfer": ours.transfer,
        "status": ours.status,
        "fields": dict(ours.fields),
        "events": list(ours.events),
    }


def test_the_script_stands_alone() -> None:
    """Only the standard library and cryptography, and short enough to be read."""
    text = SCRIPT.read_text()
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported == {
        "base64", "json", "re", "struct", "sys", "datetime", "hashlib", "pathlib", "cryptography",
    }  # fmt: skip
    assert len(text.splitlines()) <= 200


def test_the_script_says_how_it_is_used() -> None:
    command = [sys.executable, "-I", str(SCRIPT)]
    for words, code in (([], 2), (["a", "b", "c"], 2), (["--help"], 0), (["-h"], 0)):
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        said, silent = (done.stderr, done.stdout) if code else (done.stdout, done.stderr)
        assert (done.returncode, silent) == (code, "")
        assert "verify_proof.py FILE [KEY]" in said


def test_the_script_tells_a_bad_key_from_a_bad_file(
    bank: Bank, file: bytes, tmp_path: Path
) -> None:
    key = bank.log.text()
    path = tmp_path / "proof.json"
    path.write_bytes(file)
    name, key_id, encoded = key.split("+", 2)
    for wrong in ("x", f"{name}+{key_id}", f"{name}+00000000+{encoded}", key[:-1], f"{key}..."):
        code, output = run_script(path, wrong)
        verdict = json.loads(output)
        assert (code, verdict["code"]) == (1, "audit.malformed_verifier_key")
        assert "the verifier key is not" in verdict["why"]
        with pytest.raises(Refusal) as refused:
            Verifier.parse(wrong)
        assert refused.value.code == "audit.malformed_verifier_key"
    for content, why in ((b"no proof", "Expecting value: line 1"), (file[:-9], "delimiter: line ")):
        path.write_bytes(content)
        code, output = run_script(path, key)
        verdict = json.loads(output)
        assert (code, verdict["code"]) == (1, "proof.malformed")
        assert verdict["why"].startswith(f"{path} cannot be verified: ")
        assert why in verdict["why"]


def test_another_key_is_refused(bank: Bank, file: bytes, tmp_path: Path) -> None:
    public_key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    for name in (planted.ORIGIN, "other.example/log"):
        other = Verifier(name=name, public_key=public_key)
        assert code_of(file, other) == "proof.wrong_signature"
        verdict = script_verdict(tmp_path, file, other.text())
        assert verdict["code"] == "proof.wrong_signature"


def test_a_proof_with_a_witness_still_verifies(bank: Bank, file: bytes, tmp_path: Path) -> None:
    parts = json.loads(file)
    witness = Ed25519PrivateKey.generate()
    parts["checkpoint"] = add_signature(
        parts["checkpoint"], name="witness.example", private_key=witness
    )
    assert code_of(_written(parts), bank.log) == ""
    assert script_verdict(tmp_path, _written(parts), bank.log.text())["verdict"] == "verified"


def _written(parts: Parts) -> bytes:
    return json.dumps(parts).encode()


def _swap_leaf(parts: Parts) -> None:
    parts["events"][1]["leaf"] = parts["events"][2]["leaf"]


def _swap_events(parts: Parts) -> None:
    parts["events"][1], parts["events"][2] = parts["events"][2], parts["events"][1]


def _repeat_event(parts: Parts) -> None:
    parts["events"].append(parts["events"][-1])


def _drop_order(parts: Parts) -> None:
    del parts["events"][0]


def _cut_path(parts: Parts) -> None:
    parts["events"][0]["path"].pop()


def _lengthen_path(parts: Parts) -> None:
    parts["events"][0]["path"].append(parts["events"][0]["path"][0])


def _change_leaf(change: Callable[[bytes], bytes]) -> Callable[[Parts], None]:
    def changed(parts: Parts) -> None:
        leaf = proof_file.from_base64(parts["events"][-1]["leaf"], what="")
        assert change(leaf) != leaf
        parts["events"][-1]["leaf"] = proof_file.to_base64(change(leaf))

    return changed


def _set(*path: Any, to: object) -> Callable[[Parts], None]:
    def changed(parts: Parts) -> None:
        part = parts
        for step in path[:-1]:
            part = part[step]
        assert json.dumps(part[path[-1]]) != json.dumps(to)
        part[path[-1]] = to

    return changed


def _hide_field(parts: Parts) -> None:
    fields = parts["order"]["fields"]
    fields["withheld"].append({"name": fields["disclosed"].pop()["name"], "leaf": "A" * 43 + "="})


def _rename_fields(parts: Parts) -> None:
    disclosed = parts["order"]["fields"]["disclosed"]
    disclosed[0]["name"], disclosed[1]["name"] = disclosed[1]["name"], disclosed[0]["name"]


def _repeat_field(parts: Parts) -> None:
    disclosed = parts["order"]["fields"]["disclosed"]
    disclosed.append(disclosed[0])


def _add_field(parts: Parts) -> None:
    disclosed = parts["order"]["fields"]["disclosed"]
    disclosed.append(disclosed[0] | {"name": "colour"})


def _withhold_a_side_too(parts: Parts) -> None:
    """A side by its root although its fields are there."""
    parts["order"]["fields"]["withheld"].append({"name": "creditor", "leaf": "A" * 43 + "="})


def _drop_field(parts: Parts) -> None:
    parts["order"]["fields"]["withheld"].pop()


def _swap_checkpoints(parts: Parts) -> None:
    older = parts["older"]
    parts["checkpoint"], older["checkpoint"] = older["checkpoint"], parts["checkpoint"]


def _same_older(parts: Parts) -> None:
    parts["older"] = {"checkpoint": parts["checkpoint"], "path": []}


def _sign_again(parts: Parts) -> None:
    stranger = Ed25519PrivateKey.generate()
    text = parts["checkpoint"].rpartition("\n\n")[0] + "\n"
    parts["checkpoint"] = sign_note(text, name=planted.ORIGIN, private_key=stranger)


def _deepen(parts: Parts) -> None:
    nested: object = 1
    for _ in range(200):
        nested = [nested]
    parts["events"][0]["shown"]["number"] = nested


MUTATIONS: dict[str, tuple[Callable[[Parts], None], str]] = {
    "a swapped leaf": (_swap_leaf, "proof.wrong_story"),
    "swapped events": (_swap_events, "proof.wrong_story"),
    "an event twice": (_repeat_event, "proof.wrong_story"),
    "no order": (_drop_order, "proof.wrong_story"),
    "no events": (_set("events", to=[]), "proof.malformed"),
    "another index": (_set("events", 0, "index", to=3), "proof.wrong_story"),
    "an index beyond": (_set("events", 0, "index", to=2**63), "proof.malformed"),
    "another digest": (_set("order", "digest", to="A" * 43 + "="), "proof.wrong_story"),
    "a cut path": (_cut_path, "proof.not_in_log"),
    "a longer path": (_lengthen_path, "proof.not_in_log"),
    "no path": (_set("events", 0, "path", to=[]), "proof.not_in_log"),
    "a path of many": (_set("events", 0, "path", to=["A" * 43 + "="] * 129), "proof.malformed"),
    "short nodes": (_set("events", 0, "path", 0, to="AAAA"), "proof.malformed"),
    "a changed outcome": (
        _change_leaf(lambda leaf: leaf.replace(b"settled", b"expired")),
        "proof.not_in_log",
    ),
    "a changed withheld hash": (_change_leaf(lambda leaf: leaf[:-1] + b"\0"), "proof.not_in_log"),
    "a longer leaf": (_change_leaf(lambda leaf: leaf + b"\0"), "proof.malformed"),
    "a cut leaf": (_change_leaf(lambda leaf: leaf[:40]), "proof.malformed"),
    "another kind of leaf": (
        _change_leaf(lambda leaf: leaf.replace(b"/v1/", b"/v2/")),
        "proof.malformed",
    ),
    "an unknown kind": (
        _change_leaf(lambda leaf: leaf[:44] + b"\xfa" + leaf[45:]),
        "proof.malformed",
    ),
    "a time beyond": (
        _change_leaf(lambda leaf: leaf[:36] + b"\xff" * 8 + leaf[44:]),
        "proof.malformed",
    ),
    "another shown outcome": (
        _set("events", 0, "shown", "outcome", to="released"),
        "proof.shown_differs",
    ),
    "another shown number": (_set("events", 0, "shown", "policy", to=True), "proof.shown_differs"),
    "more shown": (_set("events", 0, "shown", to={}), "proof.shown_differs"),
    "deep nesting": (_deepen, "proof.shown_differs"),
    "a changed value": (
        _set("order", "fields", "disclosed", 0, "value", to="web"),
        "proof.wrong_fields",
    ),
    "a value of another type": (
        _set("order", "fields", "disclosed", 0, "value", to=1),
        "proof.wrong_fields",
    ),
    "no value": (_set("order", "fields", "disclosed", 0, "value", to=None), "proof.wrong_fields"),
    "a true value": (_set("order", "fields", "disclosed", 0, "value", to=True), "proof.malformed"),
    "a fraction": (_set("order", "fields", "disclosed", 0, "value", to=0.5), "proof.malformed"),
    "a huge value": (
        _set("order", "fields", "disclosed", 0, "value", to=2**63),
        "proof.malformed",
    ),
    "a long value": (
        _set("order", "fields", "disclosed", 0, "value", to="x" * 65_537),
        "proof.malformed",
    ),
    "a lone surrogate": (
        _set("order", "fields", "disclosed", 0, "value", to="\ud800"),
        "proof.malformed",
    ),
    "another salt": (
        _set("order", "fields", "disclosed", 0, "salt", to="A" * 22 + "=="),
        "proof.wrong_fields",
    ),
    "a loose salt": (
        _set("order", "fields", "disclosed", 0, "salt", to="A" * 21 + "B=="),
        "proof.malformed",
    ),
    "a short salt": (
        _set("order", "fields", "disclosed", 0, "salt", to="AAAA"),
        "proof.malformed",
    ),
    "a hidden field": (_hide_field, "proof.wrong_fields"),
    "swapped names": (_rename_fields, "proof.wrong_fields"),
    "a field twice": (_repeat_field, "proof.wrong_fields"),
    "an unknown field": (_add_field, "proof.wrong_fields"),
    "a field less": (_drop_field, "proof.wrong_fields"),
    "a side beside its fields": (_withhold_a_side_too, "proof.wrong_fields"),
    "another instance": (_set("instance", "id", to="A" * 22 + "=="), "proof.wrong_fields"),
    "a short instance": (_set("instance", "id", to="AAAA"), "proof.malformed"),
    "another name": (_set("instance", "name", to="other"), "proof.shown_differs"),
    "another signer": (_sign_again, "proof.wrong_signature"),
    "an older checkpoint": (_swap_checkpoints, "proof.not_in_log"),
    "the same checkpoint as older": (_same_older, "proof.not_consistent"),
    "a cut consistency proof": (_set("older", "path", to=[]), "proof.not_consistent"),
    "no checkpoint": (_set("checkpoint", to=""), "proof.malformed"),
    "a long checkpoint": (_set("checkpoint", to="x" * 65_537), "proof.malformed"),
    "another format": (_set("format", to="countersign-receipt"), "proof.unknown_format"),
    "another version": (_set("version", to=2), "proof.unknown_format"),
    "another table": (_set("order", "table", to="freeze"), "proof.unknown_format"),
    "another table version": (_set("order", "version", to=2), "proof.unknown_format"),
    "a name more": (_set("order", to={}), "proof.malformed"),
    "text for a list": (_set("events", to="events"), "proof.malformed"),
}


def test_no_changed_proof_passes(bank: Bank, file: bytes, tmp_path: Path) -> None:
    """Each change is refused with its code, by the script in a process of its own as well."""
    changed = []
    for mutate, _ in MUTATIONS.values():
        parts = copy.deepcopy(json.loads(file))
        mutate(parts)
        changed.append(_written(parts))
    expected = {name: code for name, (_, code) in MUTATIONS.items()}
    ours = [code_of(one, bank.log) for one in changed]
    assert dict(zip(MUTATIONS, ours, strict=True)) == expected
    theirs = [v.get("code") for v in script_verdicts(tmp_path / "m", changed, bank.log.text())]
    assert dict(zip(MUTATIONS, theirs, strict=True)) == expected


OTHERS: tuple[Any, ...] = (None, 7, "B", [], {"B": 1})


def _places(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps: list[Any] = []
    if isinstance(part, dict):
        steps = list(part)
    elif isinstance(part, list):
        steps = list(range(len(part)))
    return [path] * bool(path) + [p for step in steps for p in _places(part[step], (*path, step))]


def test_every_part_is_bound_and_both_verifiers_agree(
    bank: Bank, file: bytes, tmp_path: Path
) -> None:
    """Put something else in place of each part in turn; only the hint at the key may change."""
    changed, places = [], []
    for path in _places(json.loads(file)):
        for other in OTHERS:
            parts = json.loads(file)
            part = parts
            for step in path[:-1]:
                part = part[step]
            if part[path[-1]] != other:
                part[path[-1]] = other
                changed.append(_written(parts))
                places.append(path)
    ours = [code_of(one, bank.log) for one in changed]
    verified = {path for path, code in zip(places, ours, strict=True) if not code}
    # The key is a hint, fields and the older checkpoint may be left out.
    assert verified == {("checkpoint_key",), ("order", "fields"), ("older",)}
    theirs = [v.get("code", "") for v in script_verdicts(tmp_path / "m", changed, bank.log.text())]
    assert theirs == ours


RAW = {
    "nothing": b"",
    "no JSON": b"proof",
    "no object": b"[]",
    "not UTF-8": b'{"format":"\xff"}',
    "not a number": b'{"format":"countersign-proof","version":NaN}',
    "a repeated name": b'{"format":"countersign-proof","format":"countersign-proof"}',
    "depth": b"[" * 100_000,
    "a huge number": b'{"format":"countersign-proof","version":' + b"9" * 5000 + b"}",
    "too large": b" " * (proof_file.FILE_BYTES_MAX + 1),
}


def test_hostile_files_are_refused_alike(tmp_path: Path) -> None:
    theirs = [v["code"] for v in script_verdicts(tmp_path / "raw", list(RAW.values()), None)]
    assert theirs == [code_of(file, None) for file in RAW.values()]
    assert set(theirs) == {"proof.malformed", "proof.too_large", "proof.unknown_format"}


def test_the_script_says_why_a_file_cannot_be_read_or_is_no_proof(tmp_path: Path) -> None:
    for wrong, why in ((tmp_path / "absent", "No such file"), (tmp_path, "Is a directory")):
        code, output = run_script(wrong)
        verdict = json.loads(output)
        assert (code, verdict["code"]) == (1, "proof.unreadable_file")
        assert why in verdict["why"]
    (tmp_path / "text").write_text("no proof", "utf-8")
    code, output = run_script(tmp_path / "text")
    assert (code, json.loads(output)["code"]) == (1, "proof.malformed")


def test_an_erased_debtor_leaves_proofs_of_the_creditor(bank: Bank, story: int) -> None:
    bank.keys.destroy(bank.intake.index_of(f"IBAN:{planted.DEBTOR_IBAN}"))
    after = verify_proof(export(bank, story, disclose=["creditor_name"]), bank.log)
    assert after.fields["creditor_name"] == planted.CREDITOR_NAME
    assert set(after.fields) == {"creditor_name", "creditor_agent", "intermediary_agents"}


def test_an_erased_creditor_leaves_proofs_of_the_rest(
    bank: Bank, story: int, tmp_path: Path
) -> None:
    before = export(bank, story)
    bank.keys.destroy(bank.intake.index_of(f"IBAN:{planted.CREDITOR_IBAN}"))
    assert code_of(before, bank.log) == ""
    shown = {"creditor_agent", "intermediary_agents"}
    assert CREDITOR_FIELDS - shown <= set(verify_proof(before, bank.log).withheld)
    with pytest.raises(SubjectErased):
        export(bank, story, disclose=["creditor_name"])
    file = export(bank, story, disclose=["debtor_name"])
    after = verify_proof(file, bank.log)
    assert after.status == "settled"
    assert after.fields["debtor_name"] == planted.DEBTOR_NAME
    assert after.fields["instructed_amount"] == 50_000_000
    assert set(after.withheld) == (RESTRICTED - {"debtor_name"}) | CREDITOR_FIELDS
    assert script_verdict(tmp_path, file, bank.log.text())["fields"] == dict(after.fields)
    bank.keys.destroy(bank.intake.index_of(f"IBAN:{planted.DEBTOR_IBAN}"))
    with pytest.raises(SubjectErased):
        export(bank, story, disclose=["debtor_name"])
    bare = verify_proof(export(bank, story), bank.log)
    assert (bare.status, bare.fields) == ("settled", {})
    assert set(bare.withheld) == {field.name for field in ORDER_TABLE.fields}


def test_a_rejected_order_has_a_proof_too(bank: Bank, tmp_path: Path) -> None:
    answer = bank.place(bank.order(instructed_amount=10**12))[0]
    bank.checkpoint()
    file = export(bank, answer.number)
    assert verify_proof(file, bank.log).status == "rejected"
    assert script_verdict(tmp_path, file, bank.log.text())["status"] == "rejected"


def test_a_proof_waits_for_its_checkpoint(bank: Bank) -> None:
    number = bank.a_story()
    with pytest.raises(NotPublishedYet):
        export(bank, number)
    bank.checkpoint()
    export(bank, number)
    held = bank.place(bank.order(instructed_amount=25_000_000, creditor_account="OTHR::X1"))[0]
    bank.checkpoint()
    assert held.outcome == "held"
    export(bank, held.number)
    bank.gate.do(commands.Cancel(held.number, b""))
    with pytest.raises(NotPublishedYet):
        export(bank, held.number)


def test_what_cannot_be_exported_is_refused(bank: Bank, story: int) -> None:
    with pytest.raises(UnknownOrderField):
        export(bank, story, disclose=["creditor"])
    with pytest.raises(NoSuchCheckpoint):
        export(bank, story, older_size=3)
    for number in (-1, 0, 10**9):
        with pytest.raises(NoSuchTransfer):
            export(bank, number)


SPOILED = {
    "an amount": ("UPDATE transfers.transfer SET amount = 9 WHERE number = %s", "proof.not_in_log"),
    "an outcome": (
        "UPDATE gate.command SET outcome = 'expired' WHERE transfer = %s AND outcome = 'settled'",
        "proof.not_in_log",
    ),
    "a tile": (
        "UPDATE audit.tile SET hashes = sha256(hashes) || substr(hashes, 33) WHERE %s > 0",
        "proof.not_in_log",
    ),
    "a sealed side": (
        "UPDATE transfers.transfer SET debtor_side = creditor_side WHERE number = %s",
        CannotOpen.code,
    ),
    "an account": (
        "UPDATE accounts.account SET index = '' WHERE number = 2 AND %s > 0",
        CannotOpen.code,
    ),
    "a checkpoint": (
        "UPDATE audit.checkpoint SET note = replace(note, 'bank', 'Bank') WHERE %s > 0",
        "audit.unsigned_note",
    ),
}


@pytest.mark.parametrize("change", SPOILED)
def test_spoiled_data_gives_a_refusal_and_no_proof(bank: Bank, story: int, change: str) -> None:
    statement, code = SPOILED[change]
    bank.tamper(statement, story)
    with pytest.raises(Refusal) as refused:
        export(bank, story)
    assert refused.value.code == code
