"""The command line from an empty folder: set-up, accounts, a file, decisions, a restart."""

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from lxml import etree
from tests.support.pain001 import DEBTOR_IBAN, Payment
from tests.support.postgres import reachable_folder
from tests.support.shell import COMMAND, Shell, a_file, settled, stop

from countersign.entrypoints.installation import load_installation, set_up
from countersign.gate.commands import Kind
from countersign.infra.database import Role
from countersign.infra.settings import load_settings

SECRET_NAME = "Zarathustra Quellenhof"


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
    assert said[0]["result"]["group_status"] == "PART"
    told = {one["end_to_end_id"]: one["reasons"] for one in said[0]["payments"]}
    assert told["small"] == []
    assert told["large"][0] == "rules.amount"
    assert (told["beyond"][0], told["beyond"][-1]) == ("rules.amount", "ledger.insufficient_funds")
    assert told["wrong"] == ["account.malformed_iban"]
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
    assert shell.call("transfers", "show", str(listed[1]["number"]))["rail"] is None


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
    frozen = shell.call("freeze", DEBTOR_IBAN, "--reason", "stolen laptop")
    assert (frozen["frozen"], frozen["is_here"]) == (True, True)
    large = Payment(amount="1000000.00")
    shell.call("ingest", str(a_file(folder, "frozen.xml", Payment(), large)), expect=1)
    # What ISO has a code for is reported, whatever else was found.
    assert statuses(folder / "frozen.xml.pain002.xml") == [("RJCT", "AC06")] * 2
    assert shell.call("freeze", DEBTOR_IBAN, "--reason", "again", expect=1)
    shell.call("unfreeze", DEBTOR_IBAN, "--reason", "found")
    shell.call("ingest", str(a_file(folder, "thawed.xml", Payment())))
    assert statuses(folder / "thawed.xml.pain002.xml") == [("ACSP", None)]


def test_a_freeze_of_no_account_here_says_so(shell: Shell) -> None:
    said = shell.text("freeze", ":NOPE", "--reason", "seen elsewhere")
    assert said.startswith("frozen; nothing had left before\nNo account here has this")
    again = shell.call("freeze", ":NOPE", "--reason", "again", expect=1)
    assert again["error"]["code"] == "accounts.already_frozen"
    shell.call("unfreeze", ":NOPE", "--reason", "a slip")
    assert shell.call("freeze", ":NOPE", "--reason", "x")["is_here"] is False
    shell.call("unfreeze", ":NOPE", "--reason", "a slip")
    assert "No account" not in shell.text("freeze", DEBTOR_IBAN, "--reason", "x")
    shell.call("unfreeze", DEBTOR_IBAN, "--reason", "x")


def test_a_release_says_that_a_frozen_side_still_stops_it(shell: Shell, folder: Path) -> None:
    shell.call("ingest", str(a_file(folder, "later.xml", Payment(amount="1000000.00"))))
    number = str(shell.call("transfers", "list")[0]["number"])
    shell.call("freeze", DEBTOR_IBAN, "--reason", "stolen laptop")
    said = shell.text("transfers", "release", number, "--reason", "called")
    assert f"transfer {number} is released; this covers rules.amount" in said
    assert "\nBut a side of it is frozen" in said
    shown = held_again(shell, number)
    assert shown["hold"]["reasons"] == ["rules.frozen_side"]
    assert shown["hold"]["owner"] == "duty_officer"
    assert datetime.fromisoformat(shown["hold"]["until"]) > datetime.fromisoformat(shown["ordered"])
    shell.call("unfreeze", DEBTOR_IBAN, "--reason", "found")
    assert shell.call("transfers", "release", number, "--reason", "x")["is_frozen"] is False
    assert settled(shell, int(number))["hold"] is None


def held_again(shell: Shell, number: str) -> Any:
    for _ in range(30):
        shown = shell.call("transfers", "show", number)
        if shown["status"] == "held":
            return shown
    raise AssertionError("it was not held at dispatch")


def test_a_transfer_is_shown_to_people_with_its_parties_masked(shell: Shell, folder: Path) -> None:
    shell.call("ingest", str(a_file(folder, "shown.xml", Payment(amount="1234567.80"))))
    number = str(shell.call("transfers", "list")[0]["number"])
    held = shell.text("transfers", "show", number)
    lines = dict(line.split(maxsplit=1) for line in held.splitlines() if line[0] != " ")
    assert lines["amount"] == "1,234,567.80 EUR"
    # A program gets what our own commands take.
    assert shell.call("transfers", "show", number)["amount"] == "1234567.80"
    assert shell.call("transfers", "list")[0]["amount"] == "1234567.80"
    assert lines["debtor"] == "DE****************3000  A** H*******"
    assert lines["creditor"] == "FR*********************2606  A*** O*****"
    assert lines["factor"].startswith("attested, by credential 1")
    assert lines["hold"].startswith("duty_officer looks at it; it expires at 20")
    assert lines["hold"].endswith(f"Z (hold {number})")
    assert "rules.amount: The amount alone" in held
    shell.call("transfers", "reject", number, "--reason", "theirs", "--code", "FRAD")
    ended = shell.text("transfers", "show", number)
    assert ended.splitlines()[-1].split()[1:] == ["reject", "rejected", "operator", "FRAD"]
    for said in (held, ended):
        assert "[" not in said
        assert "{" not in said
    told = shell.call("transfers", "show", number)
    assert told["debtor"] == {"name": "A** H*******", "account": "DE****************3000"}
    assert told["hold"] is None
    looked = shell.call("transfers", "reveal", number, "--reason", "the debtor rang")
    assert looked["debtor"] == {"name": "Ada Holdings", "account": DEBTOR_IBAN}
    assert looked["creditor"]["name"] == "Anna Okafor"
    text = shell.text("transfers", "reveal", number, "--reason", "once more")
    assert f"{DEBTOR_IBAN}  Ada Holdings" in text
    # A look is in the log and moves nothing; at what is no transfer there is none.
    seen = shell.call("transfers", "show", number)
    looks = seen["looks"]
    assert seen == told | {"looks": looks}
    assert [look["by"] for look in looks] == ["operator", "operator"]
    assert looks[1]["number"] == looked["command"] < looks[0]["number"]
    shown = shell.text("transfers", "show", number).splitlines()[-3:]
    assert shown[0] == "looked at in clear (leaf, when, by whom):"
    assert shown[2].split()[::2] == [str(looked["command"]), "operator"]
    nothing = shell.call("transfers", "reveal", "1", "--reason", "x", expect=1)
    assert nothing["error"]["code"] == "gate.no_such_transfer"


def test_a_status_is_looked_for_beyond_the_newest(shell: Shell, folder: Path) -> None:
    shell.call("ingest", str(a_file(folder, "first.xml", Payment(amount="1000000.00"))))
    oldest = shell.call("transfers", "list")[0]["number"]
    shell.call("ingest", str(a_file(folder, "after.xml", *[Payment()] * 3)))
    found = shell.call("transfers", "list", "--status", "held", "--limit", "1")
    assert [row["number"] for row in found] == [oldest]
    shell.call("transfers", "cancel", str(oldest), "--reason", "x")
    # By what the last command made of it, and not by what it was ordered as.
    found = shell.call("transfers", "list", "--status", "cancelled", "--limit", "1")
    assert [row["number"] for row in found] == [oldest]
    held = shell.call("transfers", "list", "--status", "held")
    assert oldest not in [row["number"] for row in held]
    assert "no transfer is recalled" in shell.text("transfers", "list", "--status", "recalled")
    assert "'pending_approval'" in shell.usage("transfers", "list", "--status", "lost")


def test_a_file_is_told_payment_by_payment(shell: Shell, folder: Path) -> None:
    some = (
        Payment(end_to_end_id="good"),
        Payment(end_to_end_id="beyond", amount="9000000.00"),
        Payment(end_to_end_id="bad", creditor_account_xml=_iban("FR1420041010050500013M02607")),
    )
    said = shell.text("ingest", str(a_file(folder, "told.xml", *some))).splitlines()
    assert said[0].split() == ["good", "ACSP"]
    assert said[1].split()[:3] == ["beyond", "RJCT", "AM04"]
    assert "ledger.insufficient_funds: The account does not have" in said[1]
    assert said[2].split()[:3] == ["bad", "RJCT", "AC03"]
    assert said[3] == "told.xml: PART: 1 ACSP, 2 RJCT"
    refused = shell.text("ingest", str(a_file(folder, "none.xml", *some[1:])), expect=1)
    assert refused.splitlines()[-1] == "none.xml: RJCT: 2 RJCT"
    tried = shell.text("ingest", "--dry-run", str(a_file(folder, "try.xml", some[2])), expect=1)
    assert tried.splitlines()[-1] == "try.xml: RJCT: 1 RJCT"


@pytest.mark.parametrize(("mode", "of_report"), [(0o600, 0o600), (0o640, 0o640), (0o750, 0o640)])
def test_no_more_people_may_read_the_report_than_the_file(
    shell: Shell, folder: Path, mode: int, of_report: int
) -> None:
    file = a_file(folder, f"mode-{mode:o}.xml", Payment(creditor_name=SECRET_NAME))
    file.chmod(mode)
    shell.call("ingest", str(file))
    report = folder / f"{file.name}.pain002.xml"
    assert stat.S_IMODE(report.stat().st_mode) == of_report


def test_what_cannot_be_written_or_read_is_refused_before_anything(
    shell: Shell, folder: Path
) -> None:
    before = numbers(shell)
    file = str(a_file(folder, "unread.xml", Payment()))
    missing = str(folder / "not there")
    for call, code in (
        (("ingest", file, "--reports", missing), "ingest.cannot_write_report"),
        (("proof", "verify", missing), "proof.unreadable_file"),
        (("backup", "--to", missing + "/x"), "backup.cannot_write"),
    ):
        assert shell.call(*call, expect=1)["error"]["code"] == code
    assert numbers(shell) == before
    assert not [*folder.glob("unread.xml.pain002*")]


def test_a_file_that_cannot_be_read_does_not_stop_the_next(shell: Shell, folder: Path) -> None:
    missing, pipe = folder / "not there.xml", folder / "pipe"
    os.mkfifo(pipe)
    # Refused by itself, as the debtor has no order more in this hour.
    wrong = Payment(creditor_account_xml=_iban("FR1420041010050500013M02607"))
    files = [str(missing), str(pipe), str(folder), str(a_file(folder, "readable.xml", wrong))]
    for more in ([], ["--dry-run"]):
        said = [one["result"] for one in shell.call("ingest", *files, *more, expect=1)]
        assert [one["refusal"] for one in said] == ["ingest.unreadable_file"] * 3 + [None]
        assert said[0]["sentence"].startswith(f"The file {missing} cannot be read: No such file")
        assert f"{pipe} cannot be read: it is not a regular file" in said[1]["sentence"]
        assert said[3]["statuses"] == {"RJCT": 1}
    told = shell.text("ingest", *files, expect=1)
    assert f"not there.xml: RJCT, refused whole: ingest.unreadable_file: The file {missing}" in told
    assert (folder / "readable.xml.pain002.xml").exists()
    assert sorted(path.name for path in folder.glob("*.pain002.xml*.part")) == []


def test_a_hostile_file_is_refused_whole_and_leaves_its_leaf(shell: Shell, folder: Path) -> None:
    file = folder / "bomb.xml"
    file.write_text('<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>', encoding="utf-8")
    before = leaves(shell, "iso20022.doctype")
    refused = shell.call("ingest", str(file), expect=1)
    assert refused[0]["result"]["refusal"] == "iso20022.doctype"
    assert leaves(shell, "iso20022.doctype") == before + 1
    assert not (folder / "bomb.xml.pain002.xml").exists()
    (folder / "empty.xml").touch()
    empty = shell.call("ingest", str(folder / "empty.xml"), expect=1)
    assert empty[0]["result"]["refusal"] == "iso20022.empty"


def numbers(shell: Shell) -> list[int]:
    """The transfers there are, whatever the rail makes of them meanwhile."""
    return [row["number"] for row in shell.call("transfers", "list")]


def leaves(shell: Shell, code: str) -> int:
    """How many leaves of this refusal stand in the log; others come beside it as the house runs."""
    query = "SELECT count(*) FROM gate.command WHERE kind = %s AND outcome = %s"
    return count(shell, query, int(Kind.REFUSED_INTAKE), code)


def count(shell: Shell, query: str, *values: object) -> int:
    installation = load_installation(load_settings({"COUNTERSIGN_DATA": str(shell.data)}))
    with psycopg.connect(installation.dsn(Role.APP)) as connection:
        row = connection.execute(query.encode(), values).fetchone()
    return int(row[0]) if row else 0


def test_a_dry_run_orders_nothing(shell: Shell, folder: Path) -> None:
    before = numbers(shell)
    said = shell.call("ingest", "--dry-run", str(a_file(folder, "dry.xml", Payment())))
    assert said[0]["result"]["statuses"] == {"ACTC": 1}
    assert numbers(shell) == before


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
        export = ("proof", "export", str(number), "--output")
        before = output.read_bytes()
        for wrong, code in (
            (folder / "not there" / "x", "proof.cannot_write"),
            (folder, "proof.file_exists"),
            (output, "proof.file_exists"),
        ):
            assert shell.call(*export, str(wrong), expect=1)["error"]["code"] == code
        assert output.read_bytes() == before
        proven = shell.call("proof", "verify", str(output), "--key", key)
        assert (proven["verdict"], proven["key"]) == ("verified", "yours")
        assert proven["status"] == "settled"
        assert (name in output.read_text("utf-8")) == bool(disclosed)
    output = folder / f"{number}2.json"
    changed = folder / "changed.json"
    changed.write_text(output.read_text("utf-8").replace(name, "Somebody Else"), "utf-8")
    refused = shell.call("proof", "verify", str(changed), "--key", key, expect=1)
    assert refused["error"]["code"].startswith(("proof.", "digest."))
    report = shell.call("audit", "verify")
    assert (report["clean"], report["fault_count"]) == (True, 0)


def test_a_proof_is_checked_with_the_key_that_is_at_hand(shell: Shell, folder: Path) -> None:
    shell.call("ingest", str(a_file(folder, "keys.xml", Payment())))
    number = shell.call("transfers", "list")[0]["number"]
    output = folder / "keys.json"
    exported_within(shell, 20, number, output)
    own = shell.call("proof", "verify", str(output))
    assert (own["verdict"], own["key"]) == ("verified", "of this installation")
    fewer = str(folder / "fewer.json")
    narrow = ("proof", "export", str(number), "--output", fewer, "--only", "currency, uetr")
    shell.call(*narrow)
    assert shell.call("proof", "verify", fewer)["fields"] == {"currency": "EUR", "uetr": None}
    shell.usage(*narrow, "--disclose", "creditor_name")
    nowhere = Shell(folder / "nothing here")
    bare = nowhere.call("proof", "verify", str(output), expect=1)
    assert (bare["verdict"], bare["key"]) == ("consistent", "of the file")
    told = nowhere.text("proof", "verify", str(output), expect=1)
    assert told.startswith("consistent: transfer ")
    assert "not shown whose log" in told
    other = Shell(folder / "other" / "data")
    set_up(load_settings({"COUNTERSIGN_DATA": str(other.data)}), name="shell")
    refused = other.call("proof", "verify", str(output), expect=1)
    assert refused["error"]["code"] == "proof.wrong_signature"
    key = shell.call("audit", "key")["key"]
    given = other.call("proof", "verify", str(output), "--key", key)
    assert (given["verdict"], given["key"]) == ("verified", "yours")
    emptied = other.call("proof", "verify", str(output), "--key", "", expect=1)
    assert emptied["error"]["code"] == "audit.malformed_verifier_key"


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
    file = str(a_file(folder, "late.xml", Payment()))
    kept = "SELECT count(*) FROM vault.sealed_file"
    before = count(shell, kept)
    for token in (created["token"], "cst_wrong"):
        os.environ["COUNTERSIGN_TOKEN"] = token
        try:
            refused = shell.call("ingest", file, expect=1)
        finally:
            del os.environ["COUNTERSIGN_TOKEN"]
        assert refused["error"]["code"] == "access.unknown_credential"
    assert count(shell, kept) == before
    shell.call("ingest", file)
    assert count(shell, kept) == before + 1


def test_a_token_that_cannot_be_kept_is_never_one_that_opens(shell: Shell) -> None:
    before = shell.call("credential", "list")
    refused = shell.call("credential", "create", "銀" * 60, "--save", expect=1)
    assert refused["error"]["code"] == "cli.system_refused"
    shell.call("credential", "create", "erp", "--save", expect=1)
    assert shell.call("credential", "list") == before
    assert [file.name for file in (shell.data / "tokens").iterdir()] == ["erp.token"]


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
    said = shell.text("accounts", "list", "--party", "CUST-7")
    assert said == "no account is of the party CUST-7\n"
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
        (("accounts", "open", ":W-2", "eur", "--holder", "H"), "money.unknown_currency"),
        (("accounts", "open", ":W-3", "EUR", "--holder", ""), "cli.text_length"),
        (("accounts", "fund", ":W-4", "1.00", "EUR", "--reason", ""), "cli.text_length"),
        (("credential", "create", ""), "cli.text_length"),
        (("credential", "revoke", "999"), "credentials.unknown_number"),
        (("credential", "revoke", "1"), "credentials.unknown_number"),
        (("transfers", "hold", "5", "--owner", "Ada L", "--reason", "x"), "cli.malformed_owner"),
        (
            ("transfers", "reject", "5", "--code", "ZZZZ", "--reason", "x"),
            "reject.unknown_reason_code",
        ),
    ],
)
def test_a_wrong_request_is_refused_by_its_name(
    shell: Shell, call: tuple[str, ...], code: str
) -> None:
    refused = shell.call(*call, expect=1)
    assert refused["error"]["code"] == code
    shell.call("accounts", "list")


def test_a_policy_that_is_not_there_or_too_large_is_refused(shell: Shell, folder: Path) -> None:
    assert shell.call("policy", "show")["number"] == 1
    refused = shell.call("policy", "show", "99", expect=1)
    assert refused["error"]["code"] == "cli.no_such_policy"
    large = folder / "large.json"
    large.write_bytes(b" " * 65_537)
    refused = shell.call("policy", "check", str(large), expect=1)
    assert refused["error"]["code"] == "cli.policy_too_large"


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
    file = str(a_file(folder, "nobody.xml", Payment()))
    os.environ["COUNTERSIGN_TOKEN"] = "any"
    try:
        refused = [
            shell.call(*call, expect=1)["error"]
            for call in (
                ("freeze", DEBTOR_IBAN, "--reason", "x"),
                ("ingest", file),
                ("accounts", "list"),
                ("transfers", "list"),
                ("transfers", "show", "5"),
                ("proof", "export", "5"),
                ("audit", "verify"),
            )
        ]
    finally:
        del os.environ["COUNTERSIGN_TOKEN"]
    assert {error["code"] for error in refused} == {"installation.not_running"}
    assert len({error["sentence"] for error in refused}) == 1
    assert f"`countersign run --data '{shell.data}'`" in refused[0]["sentence"]
    second = shell.run()
    assert len(shell.call("accounts", "list")) == 1
    assert stop(second) == 0


def _iban(iban: str) -> str:
    return f"<CdtrAcct><Id><IBAN>{iban}</IBAN></Id></CdtrAcct>"
