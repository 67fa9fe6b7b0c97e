"""I10: planted restricted values stand nowhere in clear: tables, WAL, logs, snapshots, head file.

The whole data folder is read as bytes, the database's own files included, while it is down and
after everything was forced to disk; and so is a backup of it.
"""

import mmap
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from countersign.entrypoints.backup.backing_up import back_up_installation
from countersign.entrypoints.bench.bed import Bed, a_bed
from countersign.gate.commands import Kind
from countersign.gate.requests import (
    FreezeRequest,
    FundRequest,
    HoldRequest,
    OpenAccountRequest,
    ReleaseRequest,
)
from countersign.infra.clock import SystemClock
from countersign.infra.database import Role
from countersign.kernel.ids import new_id
from countersign.transfers.order import Order
from countersign.vault.files import SealedFiles
from countersign.vault.subjects import SubjectKeys

DEBTOR = "DE89370400440532013000"
CREDITOR = "FR1420041010050500013M02606"
PLANTED = {
    "debtor_name": "Plantagenet Quellwasser",
    "creditor_name": "Orsolya Vadvirag",
    "remittance_information": "Settlement of plantedinvoice 778812",
    "debtor_address": "Kirschbaumweg 93\nPlantedstadt",
    "ultimate_creditor": "Plantedultimate Ltd",
}
REASON = "plantedreason about a customer"
FILE = b"<plantedfile>as it came in</plantedfile>"
WITNESS = b"rules.amount"  # Stands in clear on purpose, so the search is known to find things.


def test_i10_nothing_restricted_is_stored_in_clear() -> None:
    with a_bed(name="clear") as bed:
        gate = bed.gate(snapshot_every=5)
        gate.start()
        bed.populate(5)
        _plant(bed)
        gate.stop()
        _keep_a_file(bed)
        with psycopg.connect(bed.database.superuser_dsn(), autocommit=True) as connection:
            row = connection.execute("SELECT count(*) FROM gate.snapshot").fetchone()
            assert row is not None
            assert row[0] > 0
            connection.execute("CHECKPOINT")
        backups = bed.folder.with_name("backups")
        backups.mkdir()
        back_up_installation(bed.installation, backups / "a.csbackup", progress=lambda *_: None)
        bed.cluster.stop()
        try:
            found = _found_in(bed.folder)
            found_in_backup = _found_in(backups)
        finally:
            bed.cluster.start()
    assert WITNESS in found, "the search finds what is there in clear"
    assert {value: files for value, files in found.items() if value != WITNESS} == {}
    assert found_in_backup == {}, "a backup shows nothing at all of what is in it"


def _plant(bed: Bed) -> None:
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date().isoformat()
    with bed.operator() as operator, bed.channel_client() as client:
        name = PLANTED["debtor_name"]
        operator.ask(Kind.OPEN_ACCOUNT, OpenAccountRequest(1, "EUR", f"IBAN:{DEBTOR}", name, 0))
        fund = FundRequest(f"IBAN:{DEBTOR}", 10**12, "EUR", REASON)
        assert operator.ask(Kind.FUND, fund).outcome == "ok"
        client.ask(Kind.ORDER, _order(100, today, PLANTED["creditor_name"]))
        answer = client.ask(Kind.ORDER, _order(10**9, today, PLANTED["creditor_name"]))
        assert answer.outcome == "held"
        released = operator.ask(Kind.RELEASE, ReleaseRequest(answer.number, REASON))
        assert released.outcome == "released"
        assert operator.ask(Kind.HOLD, HoldRequest(answer.number, "duty", 5, REASON)).number
        assert operator.ask(Kind.FREEZE, FreezeRequest(f"IBAN:{CREDITOR}", REASON)).outcome == "ok"
        # A refused order must not leave its text anywhere either.
        bad = client.ask(Kind.ORDER, _order(100, today, PLANTED["creditor_name"] * 9))
        assert bad.outcome == "transfers.text_length"


def _order(amount: int, today: str, creditor_name: str) -> Order:
    return Order(
        channel="file",
        credential=0,
        instructed_amount=amount,
        currency="EUR",
        requested_execution_date=today,
        debtor_account=f"IBAN:{DEBTOR}",
        creditor_account=f"IBAN:{CREDITOR}",
        creditor_name=creditor_name,
        debtor_name=PLANTED["debtor_name"],
        debtor_address=PLANTED["debtor_address"],
        ultimate_creditor=PLANTED["ultimate_creditor"],
        remittance_information=PLANTED["remittance_information"],
    )


def _keep_a_file(bed: Bed) -> None:
    dsn = bed.database.dsn(Role.APP)
    keyset = bed.installation.keyset()
    with (
        psycopg.connect(dsn) as connection,
        SubjectKeys(lambda: psycopg.connect(dsn), keyset, bed.installation.instance) as keys,
    ):
        file_id = new_id(SystemClock().now_ms())
        SealedFiles(keys).keep(connection, file_id=file_id, name="plantedname.xml", content=FILE)


def _found_in(folder: Path) -> dict[bytes, list[str]]:
    texts = [*PLANTED.values(), DEBTOR, CREDITOR, REASON, "plantedfile", "plantedname"]
    wanted = [part.encode() for text in texts for part in text.split("\n")] + [WITNESS]
    found: dict[bytes, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink() or not path.stat().st_size:
            continue
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            for value in wanted:
                if content.find(value) >= 0:
                    found.setdefault(value, []).append(str(path.relative_to(folder)))
    return found


pytestmark = pytest.mark.timeout(240)
