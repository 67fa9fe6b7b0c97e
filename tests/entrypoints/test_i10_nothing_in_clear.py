"""I10: planted restricted values stand nowhere in clear: tables, WAL, logs, snapshots, archive.

The whole data folder is read as bytes while everything is down and after it was forced to disk.
Compression would hide what is there, so it is off: in the WAL, whose full pages the product
compresses, and in wide columns. For each kind of file a public value is found by the same search.
"""

import json
import mmap
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.support.pain001 import Block, Message, Payment

from countersign.entrypoints.backup.backing_up import back_up_installation
from countersign.entrypoints.bench.bed import TOKEN, Bed, a_bed
from countersign.entrypoints.rail.behaviour import Behaviour
from countersign.gate.commands import Kind
from countersign.gate.requests import (
    FreezeRequest,
    FundRequest,
    HoldRequest,
    OpenAccountRequest,
    RejectRequest,
    ReleaseRequest,
    RevealRequest,
)
from countersign.infra.clock import SystemClock, monotonic
from countersign.rails.model import Patience
from countersign.transfers.order import Order

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

# By the socket: every restricted text of docs/digest.md.
DEBTOR = "DE89370400440532013000"
CREDITOR = "FR1420041010050500013M02606"
SOCKET = {
    "message_id": "SOCKETMSG-71",
    "payment_information_id": "SOCKETBLOCK-72",
    "instruction_id": "SOCKETINSTR-73",
    "end_to_end_id": "SOCKETEND-74",
    "initiating_party": "Socketleigh Initiators",
    "debtor_name": "Plantagenet Quellwasser",
    "debtor_address": "Kirschbaumweg 93\nPlantedstadt",
    "debtor_identification": "PrvtId/Othr/Id SOCKETPASS-75",
    "ultimate_debtor": "Ulrike Sockelmann",
    "creditor_name": "Örsolya Vadvirág",
    "creditor_address": "Rózsa utca 17\nPlantedfalva",
    "creditor_identification": "OrgId/Othr/Id SOCKETFIRM-76",
    "ultimate_creditor": "Plantedultimate Ltd",
    "remittance_information": "Settlement of plantedinvoice 778812",
}
# By a file.
FILE_DEBTOR = "GB29NWBK60161331926819"
FILE_CREDITOR = "NL91ABNA0417164300"
WRONG_ACCOUNT = "NL00ABNA0417164388"
IN_FILE = {
    "message id": "FILEMSG-81",
    "block id": "FILEBLOCK-82",
    "instruction id": "FILEINSTR-83",
    "end to end id": "FILEEND-84",
    "initiating party": "Fileborough Initiators",
    "debtor": "Philippa Kornblume",
    "debtor address": "Ahornallee 51 Filedorf",
    "debtor phone": "+49-30901820777",
    "debtor mail": "philippa@kornblume.example",
    "ultimate debtor": "Fileultimate Debtor",
    "creditor": "Ĺubomír Filáček",
    "creditor address": "Javorova 29 Filovce",
    "creditor phone": "+421-905182077",
    "ultimate creditor": "Fileultimate Creditor",
    "remittance": "plantedfile rent of October 4711",
    "creditor of a refused payment": "Refusalina Abgelehnt",
    "name of the file": "plantedfilename",
}
PARTY = "plantedparty 56-0117"
REASON = "plantedreason about a customer"
PLANTED = [
    *SOCKET.values(), *IN_FILE.values(),
    DEBTOR, CREDITOR, FILE_DEBTOR, FILE_CREDITOR, WRONG_ACCOUNT, PARTY, REASON,
]  # fmt: skip
WAIT_SECONDS = 60.0
# The product's sizes but for these: WAL pages in clear, and none of them thrown away.
SERVER = {"wal_compression": "off", "wal_keep_size": "512MB"}


def test_i10_nothing_restricted_is_stored_in_clear() -> None:
    with a_bed(name="witnessed", server_settings=SERVER) as bed:
        inbox = bed.folder.with_name("inbox")
        inbox.mkdir()
        with psycopg.connect(bed.database.superuser_dsn(), autocommit=True) as administrator:
            _store_uncompressed(administrator)
            administrator.execute("CHECKPOINT")  # What is written next goes to the WAL as pages.
            logged = _use(bed, inbox, administrator)
            administrator.execute("ANALYZE")  # Its samples of values are stored too.
            administrator.execute("CHECKPOINT")
            witnesses = _witnesses(bed, administrator)
        archive = bed.folder.with_name("a.csbackup")
        back_up_installation(bed.installation, archive, progress=lambda *_: None)
        bed.cluster.stop()
        try:
            found = _found_in([file for file in bed.folder.rglob("*") if file.is_file()])
            unseen = [kind for kind, (files, value) in witnesses.items() if not _has(files, value)]
        finally:
            bed.cluster.start()
        assert unseen == [], "the search finds in each kind of file what is there in clear"
        assert found == {}
        assert _has([archive], b"witnessed")
        assert _found_in([archive]) == {}
        assert not [value for value in _wanted() if value in logged]
        # And the file that was handed in is left to whoever handed it in.
        assert len(_found_in(list(inbox.iterdir()))) >= len(IN_FILE) - 1


def test_every_restricted_field_of_an_order_is_planted() -> None:
    text = (Path(__file__).parents[2] / "docs" / "digest.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.endswith("| restricted |")]
    restricted = {row[2].strip().strip("`") for row in rows}
    assert restricted == {*SOCKET, "debtor_account", "creditor_account"}


def _store_uncompressed(administrator: psycopg.Connection[Any]) -> None:
    """Wide values as they are; partitions to come take it from their parents."""
    for setting, wanted in (("wal_compression", "off"), ("full_page_writes", "on")):
        assert administrator.execute(f"SHOW {setting}".encode()).fetchone() == (wanted,)
    rows = administrator.execute("""
        SELECT format('ALTER TABLE %I.%I ALTER COLUMN %I SET STORAGE EXTERNAL',
                      n.nspname, c.relname, a.attname)
        FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE a.attnum > 0 AND a.attstorage = 'x' AND c.relkind IN ('r', 'p')
          AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    """).fetchall()
    assert rows
    for (statement,) in rows:
        administrator.execute(statement.encode())


def _use(bed: Bed, inbox: Path, administrator: psycopg.Connection[Any]) -> bytes:
    """Order, hold, release, reject, freeze, refuse, dispatch; what the command line logged."""
    gate = bed.gate(snapshot_every=5)
    gate.start()
    rail, worker = (
        bed.rail(Behaviour(lose_answer=0.5)),
        bed.worker(patience=Patience(first_ms=300, longest_ms=1_500)),
    )
    rail.start()
    worker.start()
    bed.populate(5)
    _plant_by_socket(bed)
    logged = _plant_by_file(bed, inbox)
    settled = "SELECT count(*) FROM gate.command WHERE kind = 16 AND outcome = 'settled'"
    _wait_until(lambda: _count(administrator, settled) >= 3)
    for process in (worker, rail, gate):
        process.stop()
    assert _count(administrator, "SELECT count(*) FROM gate.snapshot") > 0
    assert _count(administrator, "SELECT count(*) FROM vault.sealed_file") > 0
    return logged


def _plant_by_socket(bed: Bed) -> None:
    with bed.operator() as operator, bed.channel_client() as client:
        for account, holder in ((DEBTOR, SOCKET["debtor_name"]), (FILE_DEBTOR, IN_FILE["debtor"])):
            reference = f"IBAN:{account}"
            opening = OpenAccountRequest(1, "EUR", reference, holder, 0, PARTY)
            assert operator.ask(Kind.OPEN_ACCOUNT, opening).outcome == "ok"
            fund = FundRequest(reference, 10**12, "EUR", REASON)
            assert operator.ask(Kind.FUND, fund).outcome == "ok"
        assert client.ask(Kind.ORDER, _order(100)).outcome == "released"
        # The second of these is refused only when the worker prepares it, and that is logged.
        for amount in (101, 102):
            unsendable = _order(amount, uetr="8a562c67-ca16-48ba-b074-65581be6f001")
            assert client.ask(Kind.ORDER, unsendable).outcome == "released"
        held = [client.ask(Kind.ORDER, _order(10**9 + n)) for n in range(3)]
        assert {answer.outcome for answer in held} == {"held"}
        for answer in held[:2]:
            request = ReleaseRequest(answer.number, answer.number, REASON)
            assert operator.ask(Kind.RELEASE, request).outcome == "released"
        hold = HoldRequest(held[1].number, "duty", 5, REASON)
        assert operator.ask(Kind.HOLD, hold).outcome in {"held", "transfers.illegal_move"}
        reject = RejectRequest(held[2].number, "FRAD", REASON)
        assert operator.ask(Kind.REJECT, reject).outcome == "rejected"
        look = RevealRequest(held[2].number, REASON)
        assert operator.ask(Kind.REVEAL, look).outcome == "ok"
        # A refused order must not leave its text anywhere either.
        for wrong, outcome in (
            ({"creditor_name": SOCKET["creditor_name"] * 9}, "transfers.text_length"),
            ({"debtor_name": SOCKET["debtor_name"] + "\x00"}, "transfers.control_character"),
            ({"creditor_account": f"IBAN:{WRONG_ACCOUNT}"}, "account.malformed_iban"),
        ):
            assert client.ask(Kind.ORDER, _order(100, **wrong)).outcome == outcome


def _order(amount: int, **changed: Any) -> Order:
    plain: dict[str, Any] = {
        "channel": "file",
        "credential": 0,
        "instructed_amount": amount,
        "currency": "EUR",
        "requested_execution_date": _today(),
        "debtor_account": f"IBAN:{DEBTOR}",
        "creditor_account": f"IBAN:{CREDITOR}",
    }
    return Order(**(plain | SOCKET | changed))


def _plant_by_file(bed: Bed, inbox: Path) -> bytes:
    """Order by `countersign ingest`, and freeze afterwards; what the command logged."""
    address = "<PstlAdr><AdrLine>{0}</AdrLine></PstlAdr>"
    good = Payment(
        end_to_end_id=IN_FILE["end to end id"],
        instruction_id=IN_FILE["instruction id"],
        creditor_name=IN_FILE["creditor"],
        creditor_xml=address.format(IN_FILE["creditor address"])
        + f"<CtctDtls><PhneNb>{IN_FILE['creditor phone']}</PhneNb></CtctDtls>",
        creditor_account_xml=_account_xml(FILE_CREDITOR),
        after_account_xml=f"<UltmtCdtr><Nm>{IN_FILE['ultimate creditor']}</Nm></UltmtCdtr>"
        f"<RmtInf><Ustrd>{IN_FILE['remittance']}</Ustrd></RmtInf>",
    )
    bad = Payment(
        end_to_end_id="FILEEND-85",
        creditor_name=IN_FILE["creditor of a refused payment"],
        creditor_account_xml=_account_xml(WRONG_ACCOUNT),
    )
    block = Block(
        payments=(good, bad),
        block_id=IN_FILE["block id"],
        execution_date=_today(),
        debtor_name=IN_FILE["debtor"],
        debtor_xml=address.format(IN_FILE["debtor address"])
        + f"<CtctDtls><PhneNb>{IN_FILE['debtor phone']}</PhneNb>"
        f"<EmailAdr>{IN_FILE['debtor mail']}</EmailAdr></CtctDtls>",
        debtor_account_xml=f"<Id><IBAN>{FILE_DEBTOR}</IBAN></Id>",
        after_agent_xml=f"<UltmtDbtr><Nm>{IN_FILE['ultimate debtor']}</Nm></UltmtDbtr>",
    )
    message = Message(
        blocks=(block,),
        message_id=IN_FILE["message id"],
        initiating_xml=f"<Nm>{IN_FILE['initiating party']}</Nm>",
    )
    file = inbox / f"{IN_FILE['name of the file']}.xml"
    file.write_bytes(message.bytes())
    done = subprocess.run(
        [sys.executable, "-m", "countersign.entrypoints.cli.main", "ingest", str(file),
         "--data", str(bed.folder), "--json"],
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, "COUNTERSIGN_TOKEN": TOKEN},
    )  # fmt: skip
    (told,) = json.loads(done.stdout)
    assert told["result"]["statuses"] == {"ACSP": 1, "RJCT": 1}, told
    with bed.operator() as operator:
        freeze = FreezeRequest(f"IBAN:{FILE_CREDITOR}", REASON)
        assert operator.ask(Kind.FREEZE, freeze).outcome == "ok"
    # What it answers to whoever handed the file in is theirs; what it logs is everybody's.
    return done.stderr


def _account_xml(iban: str) -> str:
    return f"<CdtrAcct><Id><IBAN>{iban}</IBAN></Id></CdtrAcct>"


def _today() -> str:
    return datetime.fromtimestamp(SystemClock().now_ms() / 1000, tz=UTC).date().isoformat()


def _witnesses(
    bed: Bed, administrator: psycopg.Connection[Any]
) -> dict[str, tuple[list[Path], bytes]]:
    """For each kind of file a value that stands in clear in it on purpose."""
    ((day,),) = administrator.execute("SELECT max(day) FROM gate.command").fetchall()
    ((root,),) = administrator.execute(
        "SELECT root FROM gate.batch ORDER BY seq DESC LIMIT 1"
    ).fetchall()
    ((side,),) = administrator.execute(
        "SELECT debtor_side FROM transfers.transfer LIMIT 1"
    ).fetchall()
    ((kept,),) = administrator.execute("SELECT content FROM vault.sealed_file LIMIT 1").fetchall()
    ((sent,),) = administrator.execute(
        "SELECT transaction_id FROM rails.sending WHERE status = 'settled' LIMIT 1"
    ).fetchall()
    data, log = bed.cluster.folders.data, bed.cluster.folders.log
    permission = b"transfers:order"

    def of_table(name: str) -> list[Path]:
        rows = administrator.execute(
            "SELECT pg_relation_filepath(oid) FROM pg_class WHERE oid = %s::regclass"
            " UNION SELECT pg_relation_filepath(reltoastrelid) FROM pg_class"
            " WHERE oid = %s::regclass AND reltoastrelid > 0",
            [name, name],
        ).fetchall()
        return [data / path for (path,) in rows]

    return {
        "the write-ahead log": (sorted((data / "pg_wal").iterdir()), b"rules.amount"),
        "the write-ahead log of sealed text": (sorted((data / "pg_wal").iterdir()), side[:48]),
        "transfers": (of_table(f"transfers.transfer_{day}"), b"rules.amount"),
        "sealed text of transfers": (of_table(f"transfers.transfer_{day}"), side[:48]),
        "commands": (of_table(f"gate.command_{day}"), permission),
        "snapshots": (of_table("gate.snapshot_part"), permission),
        "received files": (of_table("vault.sealed_file"), kept[:48]),
        "credentials": (of_table("access.credential"), permission),
        "statistics of values": (of_table("pg_catalog.pg_statistic"), b"rules.amount"),
        "sendings": (of_table("rails.sending"), sent.encode()),
        "the server's log": (sorted(log.iterdir()), b"ready to accept connections"),
        "the gate's log": ([bed.folder / "gate.log"], b'"event": "gate.'),
        "the worker's log": ([bed.folder / "worker.log"], b'"event": "rail.not_sendable"'),
        "the rail's log": ([bed.folder / "rail.log"], b'"event": "rail.answer_lost"'),
        "the rail's store": (
            sorted(bed.rail_store.parent.glob(bed.rail_store.name + "*")), sent.encode()
        ),
        "the head file": ([file for file in bed.folder.iterdir() if file.name == "head"], root),
    }  # fmt: skip


def _wanted() -> list[bytes]:
    """Each value as text, as a log would escape it, and as hexadecimal of a bytea."""
    parts = [part.split("/Id ")[-1] for text in PLANTED for part in text.split("\n")]
    forms = [(part.encode(), json.dumps(part)[1:-1].encode(), part.encode().hex().encode())
             for part in parts]  # fmt: skip
    return sorted({form for of_part in forms for form in of_part})


def _found_in(files: list[Path]) -> dict[bytes, list[str]]:
    wanted = _wanted()
    found: dict[bytes, list[str]] = {}
    for path in sorted(files):
        if path.is_symlink() or not path.stat().st_size:
            continue
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            for value in wanted:
                if content.find(value) >= 0:
                    found.setdefault(value, []).append(str(path))
    return found


def _has(files: list[Path], value: bytes) -> bool:
    return any(value in file.read_bytes() for file in files if file.is_file())


def _count(administrator: psycopg.Connection[Any], query: str) -> int:
    row = administrator.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


def _wait_until(is_so: Callable[[], bool]) -> None:
    pause, deadline = threading.Event(), monotonic() + WAIT_SECONDS
    while not is_so():
        assert monotonic() < deadline
        pause.wait(0.05)
