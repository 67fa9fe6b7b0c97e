"""Files of other kinds than pain.001 through the command line: ordered once, answered in kind."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from tests.support.pacs008 import Interbank, InterbankMessage
from tests.support.postgres import reachable_folder
from tests.support.shell import TODAY, Shell, a_paying_house, settled

ON_DAY = f"<IntrBkSttlmDt>{TODAY}</IntrBkSttlmDt>"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


@pytest.fixture(scope="module")
def shell(folder: Path) -> Iterator[Shell]:
    with a_paying_house(folder) as made:
        yield made


def test_a_pacs_008_is_ordered_once_and_answered_by_a_pacs_002(shell: Shell, folder: Path) -> None:
    file = folder / "interbank.xml"
    uetr = "e5f6a7b8-c9d0-4234-ab12-345678901234"
    good = f"<InstrId>I</InstrId><EndToEndId>good</EndToEndId><UETR>{uetr}</UETR>"
    wrong = "<EndToEndId>wrong</EndToEndId><TxId>TX-2</TxId>"
    payments = (
        Interbank(ids_xml=good, date_xml=ON_DAY),
        Interbank(ids_xml=wrong, date_xml=ON_DAY, debtor_account_xml=""),
    )
    file.write_bytes(InterbankMessage(payments=payments, message_id="INTERBANK-1").bytes())
    said = shell.call("ingest", str(file))
    assert said[0]["result"]["group_status"] == "PART"
    report = etree.parse(str(folder / "interbank.xml.pacs002.xml"))
    told = [
        (tx.findtext("{*}OrgnlUETR"), tx.findtext("{*}OrgnlTxId"), tx.findtext("{*}TxSts"))
        for tx in report.iterfind(".//{*}TxInfAndSts")
    ]
    assert told == [(uetr, None, "ACSP"), (None, "TX-2", "RJCT")]
    (transfer,) = shell.call("transfers", "list")
    assert settled(shell, transfer["number"])["status"] == "settled"
    assert shell.call("ingest", str(file)) == said
    assert len(shell.call("transfers", "list")) == 1
    # Another payment under the message id that was used: the whole file is a duplicate.
    added = (*payments, Interbank(ids_xml="<EndToEndId>added</EndToEndId>", date_xml=ON_DAY))
    file.write_bytes(InterbankMessage(payments=added, message_id="INTERBANK-1").bytes())
    refused = shell.call("ingest", str(file), expect=1)[0]
    assert refused["result"]["refusal"] == "channels.duplicate_message_id"
    report = etree.parse(str(folder / "interbank.xml.pacs002.xml"))
    assert (report.findtext(".//{*}GrpSts"), report.findtext(".//{*}Cd")) == ("RJCT", "DU01")
    assert len(shell.call("transfers", "list")) == 1
    assert not [*folder.glob("*.part")]


MAPPING = f"""
[file]
known_by = "instruction_id"
[columns]
instruction_id = "Reference"
creditor_account = "IBAN"
creditor_name = "Payee"
amount = "Amount"
[constants]
currency = "EUR"
debtor_account = "DE89370400440532013000"
requested_execution_date = "{TODAY}"
"""
GOOD_ROW = "INV-%d,FR1420041010050500013M02606,Anna Okafor,12.50"


def test_a_csv_is_ordered_by_its_mapping_and_each_payment_once(shell: Shell, folder: Path) -> None:
    mapping, file = folder / "house.toml", folder / "payments.csv"
    mapping.write_text(MAPPING, "utf-8")
    rows = ["Reference,IBAN,Payee,Amount", GOOD_ROW % 1, "=2,FR00,Nobody,1.00", GOOD_ROW % 3]
    file.write_text("\n".join(rows), "utf-8")
    before = len(shell.call("transfers", "list"))
    take = ["ingest", str(file), "--mapping", str(mapping)]
    assert shell.call(*take, "--dry-run")[0]["result"]["statuses"] == {"ACTC": 2, "RJCT": 1}
    said = shell.call(*take)
    assert said[0]["result"]["statuses"] == {"ACSP": 2, "RJCT": 1}
    with (folder / "payments.csv.report.csv").open(newline="", encoding="utf-8") as answer:
        table = list(csv.reader(answer))
    assert [row[:5] for row in table[1:]] == [
        ["file", "", "", "PART", ""],
        ["2", "INV-1", "", "ACSP", ""],
        ["3", "'=2", "", "RJCT", "AC03"],
        ["4", "INV-3", "", "ACSP", ""],
    ]
    assert shell.call(*take) == said
    # Corrected, and with one more: what was paid is known by its reference, whatever the file.
    file.write_text("\n".join([rows[0], GOOD_ROW % 3, GOOD_ROW % 2, GOOD_ROW % 4]), "utf-8")
    assert shell.call(*take)[0]["result"]["statuses"] == {"ACSP": 3}
    assert len(shell.call("transfers", "list")) == before + 4
    # The same reference for another amount is no new payment.
    file.write_text("\n".join([rows[0], (GOOD_ROW % 3).replace("12.50", "99.00")]), "utf-8")
    (other,) = shell.call(*take, expect=1)[0]["payments"]
    assert other["reasons"] == ["gate.key_reused"]


def test_a_wrong_mapping_is_refused_before_anything_is_done(shell: Shell, folder: Path) -> None:
    mapping, file = folder / "wrong.toml", folder / "untouched.csv"
    mapping.write_text(MAPPING.replace("Amount", "Sum").replace("[file]", "[file]\nx = 1"), "utf-8")
    file.write_text("a\n", "utf-8")
    refused = shell.call("ingest", str(file), "--mapping", str(mapping), expect=1)
    assert refused["error"]["code"] == "channels.bad_mapping"
    mapping.write_text(MAPPING.replace('"Amount"', '"Sum"'), "utf-8")
    refused = shell.call("ingest", str(file), "--mapping", str(mapping), expect=1)
    assert refused[0]["result"]["refusal"] == "channels.unmapped_column"
    assert (folder / "untouched.csv.report.csv").exists()
