"""Files of other kinds than pain.001 through the command line: ordered once, answered in kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from tests.support.pacs008 import Interbank, InterbankMessage
from tests.support.pain001 import DEBTOR_IBAN
from tests.support.postgres import reachable_folder
from tests.support.shell import TODAY, Shell, settled, stop

ON_DAY = f"<IntrBkSttlmDt>{TODAY}</IntrBkSttlmDt>"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with reachable_folder() as made:
        yield made


@pytest.fixture(scope="module")
def shell(folder: Path) -> Iterator[Shell]:
    made = Shell(folder / "data")
    process = made.run()
    made.call("accounts", "open", ":RAIL", "EUR", "--holder", "Rail", "--kind", "settlement")
    made.call("accounts", "open", DEBTOR_IBAN, "EUR", "--holder", "Ada")
    made.call("accounts", "fund", DEBTOR_IBAN, "5000000.00", "EUR", "--reason", "opening")
    made.call("credential", "create", "erp", "--save")
    yield made
    assert stop(process) == 0


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
    assert not [*folder.glob("*.part")]
