"""The command line from an empty folder: set-up, accounts, a file, decisions, a restart."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.support.pain001 import DEBTOR_IBAN, Block, Message, Payment
from tests.support.postgres import reachable_folder

from countersign.infra.clock import SystemClock

TODAY = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date().isoformat()
SECRET_NAME = "Zarathustra Quellenhof"


@dataclass
class Shell:
    """A shell of one user in one data folder."""

    data: Path

    def call(self, *arguments: str, expect: int = 0) -> Any:
        done = subprocess.run(
            [*COMMAND, *arguments, "--data", str(self.data), "--json"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return json.loads(done.stdout)

    def usage(self, *arguments: str) -> None:
        """Expect that the arguments themselves are refused."""
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, check=False, timeout=60)
        assert done.returncode == 2

    def run(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [*COMMAND, "run", "--data", str(self.data), "--json", "--name", "shell"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout
        assert json.loads(process.stdout.readline())["ready"] is True
        return process


COMMAND = (sys.executable, "-m", "countersign.entrypoints.cli.main")


def stop(process: "subprocess.Popen[str]") -> int:
    process.send_signal(signal.SIGINT)
    status = process.wait(60)
    if process.stdout:
        process.stdout.close()
    return status


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # A space and depth in the path, as on real machines; sockets have short addresses all the same.
    with reachable_folder() as made:
        deep = made / "a folder with spaces" / ("deep" * 12)
        deep.mkdir(parents=True)
        yield deep


@pytest.fixture(scope="module")
def shell(folder: Path) -> Iterator[Shell]:
    made = Shell(folder / "data")
    process = made.run()
    made.call("accounts", "open", ":RAIL", "EUR", "--holder", "Rail", "--kind", "settlement")
    made.call("accounts", "open", DEBTOR_IBAN, "EUR", "--holder", SECRET_NAME)
    made.call("accounts", "fund", DEBTOR_IBAN, "5000000.00", "EUR", "--reason", "opening")
    made.call("credential", "create", "erp", "--save")
    yield made
    assert stop(process) == 0


def a_file(folder: Path, name: str, *payments: Payment, message_id: str = "") -> Path:
    block = Block(payments=payments, execution_date=TODAY)
    message = Message(blocks=(block,), message_id=message_id or name)
    path = folder / name
    path.write_bytes(message.bytes())
    return path


def statuses(report: Path) -> list[tuple[str, str | None]]:
    tree = etree.parse(str(report))
    return [
        (tx.findtext("{*}TxSts") or "", tx.findtext("{*}StsRsnInf/{*}Rsn/{*}Cd"))
        for tx in tree.iterfind(".//{*}TxInfAndSts")
    ]


def test_a_file_is_ordered_and_answered(shell: Shell, folder: Path) -> None:
    file = a_file(
        folder,
        "mixed.xml",
        Payment(end_to_end_id="small", amount="12.50"),
        Payment(end_to_end_id="large", amount="1000000.00"),
        Payment(end_to_end_id="beyond", amount="9000000.00"),
        Payment(end_to_end_id="wrong", creditor_account_xml=_iban("FR1420041010050500013M02607")),
    )
    said = shell.call("ingest", str(file))
    assert said[0]["result"]["statuses"] == {"ACSP": 1, "PDNG": 1, "RJCT": 2}
    assert statuses(folder / "mixed.xml.pain002.xml") == [
        ("ACSP", None),
        ("PDNG", "NARR"),
        ("RJCT", "AM04"),
        ("RJCT", "AC03"),
    ]
    again = shell.call("ingest", str(file))
    assert again == said, "the same file again orders nothing"
    listed = shell.call("transfers", "list")
    assert [row["status"] for row in listed][:2] == ["rejected", "held"]
    small = settled(shell, listed[2]["number"])
    assert [event["event"] for event in small["events"]] == ["order", "dispatch", "rail_status"]
    assert small["rail"]["status"] == "settled"
    assert "rail" not in shell.call("transfers", "show", str(listed[1]["number"]))


def settled(shell: Shell, number: int) -> Any:
    """A transfer once the rail has settled it, which it does in a second or two."""
    for _ in range(30):
        shown = shell.call("transfers", "show", str(number))
        if shown["status"] == "settled":
            return shown
        assert shown["status"] in {"released", "dispatched"}
    raise AssertionError("it was not settled")


def test_decisions_change_what_is_shown(shell: Shell, folder: Path) -> None:
    file = a_file(folder, "held.xml", *(Payment(amount="1000000.00") for _ in range(3)))
    shell.call("ingest", str(file))
    first, second, third = [
        row["number"] for row in shell.call("transfers", "list", "--status", "held")
    ][:3]
    shell.call("transfers", "release", str(first), "--reason", "called the treasurer")
    shell.call("transfers", "reject", str(second), "--reason", "no such invoice", "--code", "FRAD")
    shell.call("transfers", "cancel", str(third), "--reason", "asked for by the customer")
    shown = [settled(shell, first)]
    shown += [shell.call("transfers", "show", str(number)) for number in (second, third)]
    assert [one["status"] for one in shown] == ["settled", "rejected", "cancelled"]
    assert [event["event"] for event in shown[1]["events"]] == ["order", "reject"]
    refused = shell.call("transfers", "release", str(second), "--reason", "x", expect=1)
    assert refused["error"]["code"] == "transfers.unknown"
    moved = shell.call("transfers", "release", str(first), "--reason", "again", expect=1)
    assert "is settled and cannot become released" in moved["error"]["sentence"]
    text = json.dumps(shown)
    assert "treasurer" not in text
    assert SECRET_NAME not in text


def test_a_freeze_and_its_end(shell: Shell, folder: Path) -> None:
    assert shell.call("freeze", DEBTOR_IBAN, "--reason", "stolen laptop")["frozen"]
    shell.call("ingest", str(a_file(folder, "frozen.xml", Payment())))
    assert statuses(folder / "frozen.xml.pain002.xml") == [("RJCT", "AC06")]
    assert shell.call("freeze", DEBTOR_IBAN, "--reason", "again", expect=1)
    shell.call("unfreeze", DEBTOR_IBAN, "--reason", "found")
    shell.call("ingest", str(a_file(folder, "thawed.xml", Payment())))
    assert statuses(folder / "thawed.xml.pain002.xml") == [("ACSP", None)]


def test_a_hostile_file_is_refused_whole_and_leaves_its_leaf(shell: Shell, folder: Path) -> None:
    file = folder / "bomb.xml"
    file.write_text('<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>', encoding="utf-8")
    refused = shell.call("ingest", str(file), expect=1)
    assert refused[0]["result"]["refusal"] == "iso20022.doctype"
    assert not (folder / "bomb.xml.pain002.xml").exists()
    missing = shell.call("ingest", str(folder / "absent.xml"), expect=1)
    assert missing["error"]["code"] == "ingest.unreadable_file"


def test_a_dry_run_orders_nothing(shell: Shell, folder: Path) -> None:
    before = shell.call("transfers", "list")
    said = shell.call("ingest", "--dry-run", str(a_file(folder, "dry.xml", Payment())))
    assert said[0]["result"]["statuses"] == {"ACTC": 1}
    assert shell.call("transfers", "list") == before


def test_a_transfer_is_proven_offline_and_the_audit_is_clean(shell: Shell, folder: Path) -> None:
    name = "Bartholomew Unique"
    file = a_file(folder, "proof.xml", Payment(creditor_name=name), Payment(creditor_name=name))
    shell.call("ingest", str(file))
    number = shell.call("transfers", "list")[0]["number"]
    settled(shell, number)
    key = shell.call("audit", "key")["key"]
    for disclosed in ((), ("--disclose", "creditor_name")):
        output = folder / f"{number}{len(disclosed)}.json"
        exported = exported_within(shell, 20, number, output, *disclosed)
        assert exported["file"] == str(output)
        proven = shell.call("proof", "verify", str(output), "--key", key)
        assert (proven["proven"], proven["key_trusted"]) == (True, True)
        assert proven["status"] == "settled"
        assert (name in output.read_text("utf-8")) == bool(disclosed)
    output = folder / f"{number}2.json"
    changed = folder / "changed.json"
    changed.write_text(output.read_text("utf-8").replace(name, "Somebody Else"), "utf-8")
    refused = shell.call("proof", "verify", str(changed), "--key", key, expect=1)
    assert refused["error"]["code"].startswith(("proof.", "digest."))
    report = shell.call("audit", "verify")
    assert (report["clean"], report["fault_count"]) == (True, 0)


def exported_within(shell: Shell, tries: int, number: int, output: Path, *more: str) -> Any:
    """A checkpoint follows within seconds; until then the export says so."""
    for _ in range(tries):
        call = ["proof", "export", str(number), "--output", str(output), *more]
        done = subprocess.run(
            [*COMMAND, *call, "--data", str(shell.data), "--json"],
            capture_output=True,
            check=False,
        )
        said = json.loads(done.stdout)
        if done.returncode == 0:
            return said
        assert said["error"]["code"] == "proof.not_published_yet"
    raise AssertionError("no checkpoint was published")


def test_lists_mask_and_a_revoked_token_opens_nothing(shell: Shell, folder: Path) -> None:
    accounts = shell.call("accounts", "list")
    assert [row["kind"] for row in accounts] == ["settlement", "customer"]
    assert SECRET_NAME not in json.dumps(accounts)
    assert DEBTOR_IBAN not in json.dumps(accounts)
    created = shell.call("credential", "create", "short-lived")
    shell.call("credential", "revoke", str(created["credential"]))
    os.environ["COUNTERSIGN_TOKEN"] = created["token"]
    try:
        refused = shell.call("ingest", str(a_file(folder, "late.xml", Payment())), expect=1)
    finally:
        del os.environ["COUNTERSIGN_TOKEN"]
    assert refused["error"]["code"] == "access.unknown_credential"


def test_a_correction_and_a_funding_are_reversed_once(shell: Shell) -> None:
    for account, overdraft in ((":GIVES", "0"), (":GETS", "5.00")):
        opening = ("accounts", "open", account, "EUR", "--holder", SECRET_NAME)
        shell.call(*opening, "--overdraft", overdraft)
    funded = shell.call("accounts", "fund", ":GIVES", "10.00", "EUR", "--reason", "by mistake")
    correcting = ("accounts", "correct", "--from", ":GIVES", "--to", ":GETS")
    corrected = shell.call(*correcting, "4.50", "EUR", "--reason", "theirs")
    assert funds(shell)[-2:] == [("5.50", "0.00", "5.50"), ("4.50", "0.00", "9.50")]
    lacking = shell.call(*correcting, "5.51", "EUR", "--reason", "too much", expect=1)
    assert lacking["error"]["code"] == "ledger.insufficient_funds"
    for command in (corrected["command"], funded["command"]):
        said = shell.call("accounts", "reverse", str(command), "--reason", "it was wrong")
        assert said["reversed"] == command
        again = shell.call("accounts", "reverse", str(command), "--reason", "again", expect=1)
        assert again["error"]["code"] == "ledger.already_reversed"
        assert f"by command {said['command']}" in again["error"]["sentence"]
    assert funds(shell)[-2:] == [("0.00", "0.00", "0.00"), ("0.00", "0.00", "5.00")]
    missing = shell.call("accounts", "reverse", "999999", "--reason", "x", expect=1)
    assert missing["error"]["code"] == "ledger.unknown_entry"
    assert shell.call("audit", "verify")["clean"]


def funds(shell: Shell) -> list[tuple[str, str, str | None]]:
    rows = shell.call("accounts", "list")
    return [(row["balance"], row["held"], row["available"]) for row in rows]


def test_what_is_held_is_not_available(shell: Shell, folder: Path) -> None:
    assert funds(shell)[0][2] is None, "the rail's account has no limit"
    shell.call("ingest", str(a_file(folder, "available.xml", Payment(amount="12.50"))))
    balance, held, available = (
        int((text or "").replace(",", "").replace(".", "")) for text in funds(shell)[1]
    )
    assert held >= 100_000_000, "one of the large ones waits for an officer"
    assert available == balance - held


def test_accounts_of_one_party_are_found_by_what_it_is_known_by(shell: Shell) -> None:
    for account, party in ((":P-1", "CUST-77"), (":P-2", "CUST-77"), (":P-3", "CUST-78")):
        opening = ("accounts", "open", account, "EUR", "--holder", SECRET_NAME)
        shell.call(*opening, "--party", party)
    numbers = [row["number"] for row in shell.call("accounts", "list", "--party", "CUST-77")]
    assert len(numbers) == 2
    assert shell.call("accounts", "list", "--party", "CUST-7") == []
    everyone = [row["number"] for row in shell.call("accounts", "list")]
    assert set(numbers) < set(everyone)


@pytest.mark.parametrize(
    "call",
    [
        ("correct", ":A", ":B", "1.00", "EUR", "--reason", "x"),
        ("correct", "--from", ":A", "--to", ":B", "1.00", "EUR"),
        ("reverse", "twelve", "--reason", "x"),
        ("reverse", "12"),
    ],
)
def test_wrong_usage_of_corrections(folder: Path, call: tuple[str, ...]) -> None:
    Shell(folder / "nothing here").usage("accounts", *call)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (("accounts", "open", ":W-1", "XXQ", "--holder", "H"), "money.unknown_currency"),
        (("accounts", "open", ":W-2", "eur", "--holder", "H"), "gate.malformed_request"),
        (("accounts", "open", ":W-3", "EUR", "--holder", ""), "gate.malformed_request"),
        (("accounts", "fund", ":W-4", "1.00", "EUR", "--reason", ""), "gate.malformed_request"),
        (("transfers", "reject", "5", "--code", "a b!", "--reason", "x"), "gate.malformed_request"),
    ],
)
def test_a_wrong_request_is_refused_by_its_name(
    shell: Shell, call: tuple[str, ...], code: str
) -> None:
    refused = shell.call(*call, expect=1)
    assert refused["error"]["code"] == code
    shell.call("accounts", "list")


def test_numbers_out_of_range_are_wrong_usage(folder: Path) -> None:
    shell = Shell(folder / "nothing here")
    for call in (
        ("transfers", "release", "9" * 30, "--reason", "x"),
        ("transfers", "show", "-5"),
        ("transfers", "list", "--limit", "0"),
        ("accounts", "list", "--limit", "-1"),
        ("bench", "gate", "--pairs", "0"),
    ):
        shell.usage(*call)


def test_wrong_usage_and_an_empty_folder_say_what_to_do(folder: Path) -> None:
    empty = Shell(folder / "nothing here")
    refused = empty.call("accounts", "list", expect=1)
    assert refused["error"]["code"] == "installation.not_set_up"
    empty.usage("accounts", "nonsense")


def test_a_restart_continues(folder: Path) -> None:
    shell = Shell(folder / "restart" / "data")
    shell.data.parent.mkdir()
    first = shell.run()
    shell.call("accounts", "open", DEBTOR_IBAN, "EUR", "--holder", SECRET_NAME)
    assert stop(first) == 0
    refused = shell.call("freeze", DEBTOR_IBAN, "--reason", "x", expect=1)
    assert refused["error"]["code"] == "gate.unreachable"
    second = shell.run()
    assert len(shell.call("accounts", "list")) == 1
    assert stop(second) == 0


def _iban(iban: str) -> str:
    return f"<CdtrAcct><Id><IBAN>{iban}</IBAN></Id></CdtrAcct>"
